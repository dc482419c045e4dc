#pragma once

namespace meshtwin {

// A large simulation waits for memory most of the time: for 2,000 pods a quarter less with its heap in huge pages.
// glibc asks the kernel for them only when its environment says so at the start, so the program starts itself once more
// with that said. What it starts later does not inherit it. Returns where there is nothing to do, or it cannot be done.
void use_huge_pages(char** argv);

}  // namespace meshtwin
