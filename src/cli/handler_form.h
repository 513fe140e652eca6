#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace openfc::cli {

/// "python3.10" → "python": runtimes of one family run the same kind of files.
std::string_view familyOf(std::string_view runtime);

/// What is wrong with naming this runtime; "" = nothing.
std::string runtimeProblem(const std::string& runtime);

/// What is wrong with the form of a handler for this runtime; "" = nothing.
std::string handlerProblem(std::string_view runtime, const std::string& handler);

/// The file that the handler's name asks for, "index.py", when none of `files` is it; "" = it is
/// there, or the runtime's handlers name no files.
std::string missingFile(std::string_view runtime, const std::string& handler,
                        const std::vector<std::string>& files);

}  // namespace openfc::cli
