#pragma once

// A child process in namespaces of its own (process ids, mounts, network, and users where the caller is not
// privileged), in which it is root and init: when it ends, the kernel ends every process that it has started, and every
// network namespace those held. It is killed when the thread that made it ends. So nothing of a run can outlive the
// run.

#include <sys/types.h>

#include <string>
#include <vector>

#include "emu/link/fd.h"

namespace meshtwin {

class SandboxedChild {
 public:
  // Starts `program` with `arguments` (without the program's own name); `socket` becomes its descriptor 3. Throws with
  // what was refused.
  SandboxedChild(const std::string& program, const std::vector<std::string>& arguments, Fd socket);
  SandboxedChild(const SandboxedChild&) = delete;
  SandboxedChild& operator=(const SandboxedChild&) = delete;
  ~SandboxedChild();  // kills it and waits until every process in it is gone

  pid_t pid() const { return pid_; }
  bool has_user_namespace() const { return user_namespace_; }

 private:
  pid_t pid_ = -1;
  bool user_namespace_ = false;
};

// Whether a process with namespaces for these flags (CLONE_NEW...) can be made; 0, or the error number.
int probe_namespaces(int flags);

}  // namespace meshtwin
