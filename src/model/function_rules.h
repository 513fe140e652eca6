#pragma once

#include "schema/shape.h"

#include <map>
#include <string>
#include <string_view>

/// The rules of a function's single members that a row's numbers cannot say. Each returns what is
/// wrong, "" = nothing.
namespace openfc::model {

std::string memoryProblem(int megabytes);
std::string runtimeProblem(const std::string& runtime);
/// Reserved names and the size of all variables together.
std::string environmentProblem(const std::map<std::string, std::string>& variables);
/// Start command and arguments of a container: empty, or the text of a JSON array of strings.
std::string jsonArrayProblem(const std::string& text);
std::string diskSizeProblem(int megabytes);

/// Names of environment variables, and their values.
extern const schema::Pattern variableName;
extern const schema::Pattern printable;

}  // namespace openfc::model
