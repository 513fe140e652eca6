#pragma once

#include "cli/cli.h"

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace openfc::cli {

enum class Form { text, json };

/// What went wrong. Programs get all of it as JSON, people as much as they need.
struct Problem {
  std::string message;
  std::string code;  // of the API
  int status = 0;    // of HTTP; 0 = the server did not say it
  std::string requestId;
  std::string hint;  // what to do about it
};

/// What the user sees. Results go to standard output; notes, errors and progress to standard error.
class Output {
public:
  struct Options {
    Form form = Form::text;
    bool quiet = false;
  };
  Output(const World& world, Options options);

  Form form() const { return options_.form; }
  bool json() const { return options_.form == Form::json; }

  /// A result, as it is.
  void result(std::string_view bytes) const;
  /// A JSON result: for people one aligned line a member, or indented JSON.
  void show(const boost::json::value& value) const;
  /// A JSON list: for people a table of these members, or indented JSON of the whole.
  void showList(const boost::json::value& whole, std::string_view list,
                const std::vector<std::string_view>& columns) const;
  /// For people only, on standard error; nothing when quiet or when programs read.
  void note(std::string_view line) const;
  /// What was asked for beside the result, on standard error.
  void detail(std::string_view line) const;
  /// Ends the line that a result left open, where people see both streams on one terminal.
  void endLine() const;
  /// "openfc: …" or a JSON object on one line, also when quiet.
  void error(const Problem& problem) const;
  void error(std::string_view message) const { error(Problem{.message = std::string(message)}); }
  /// Redraws a bar; only on a terminal and not when quiet. Ends its line when all is done.
  void progress(std::string_view what, std::uint64_t done, std::uint64_t size) const;
  bool drawsProgress() const;

private:
  const World& world_;
  Options options_;
  bool terminal_;
  bool coloured_;
};

/// Indented JSON with a line end.
std::string prettyJson(const boost::json::value& value);

}  // namespace openfc::cli
