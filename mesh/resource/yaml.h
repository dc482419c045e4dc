#pragma once

// YAML text to trees, safely: whatever the text is, the answer is a tree or a list of problems with their places, in
// time and memory that its size bounds. Refused before or while parsing: too large, not UTF-8, control characters, too
// deep, too many values once aliases are expanded, duplicate keys, keys that are no text, explicit tags.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/base/problems.h"
#include "mesh/resource/node.h"

namespace meshtwin {

inline constexpr std::size_t kYamlBytesMost = 4 << 20;
inline constexpr std::size_t kYamlNodesMost = 400'000;  // after expansion of aliases
inline constexpr std::size_t kYamlAliasesMost = 1'000;
inline constexpr std::size_t kYamlDepthMost = 48;

// Every document of the text, empty ones left out. Mistakes are added to `problems`; those that leave no sensible tree
// end the reading, with the documents before them returned.
std::vector<Node> read_yaml(std::string_view text, const std::string& file_name, ProblemList& problems);

// The content of a regular file of at most `bytes_most` bytes, which is not read at all when it is larger. Throws
// Problem.
std::string read_text_file(const std::string& path, std::size_t bytes_most);

}  // namespace meshtwin
