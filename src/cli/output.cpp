#include "cli/output.h"

#include <boost/json.hpp>

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>

namespace openfc::cli {
namespace {

namespace json = boost::json;

void indent(std::string& out, std::size_t depth) { out.append(depth * 2, ' '); }

void appendPretty(std::string& out, const json::value& value, std::size_t depth);

template <class Range, class Append>
void appendItems(std::string& out, const Range& range, std::size_t depth, const Append& append) {
  bool first = true;
  for (const auto& item : range) {
    out += first ? "\n" : ",\n";
    first = false;
    indent(out, depth + 1);
    append(item);
  }
  out += '\n';
  indent(out, depth);
}

void appendPretty(std::string& out, const json::value& value, std::size_t depth) {
  if (value.is_object() && !value.get_object().empty()) {
    out += '{';
    appendItems(out, value.get_object(), depth, [&](const auto& item) {
      out += json::serialize(json::value(item.key())) + ": ";
      appendPretty(out, item.value(), depth + 1);
    });
    out += '}';
  } else if (value.is_array() && !value.get_array().empty()) {
    out += '[';
    appendItems(out, value.get_array(), depth,
                [&](const auto& item) { appendPretty(out, item, depth + 1); });
    out += ']';
  } else if (value.is_double()) {
    out += fmt::format("{}", value.get_double());  // Boost.JSON writes 0.35 as 3.5E-1
  } else {
    out += json::serialize(value);
  }
}

/// A value on one line for people: text without quotes, "-" for nothing.
std::string plain(const json::value* value) {
  if (!value || value->is_null()) return "-";
  if (value->is_string()) return std::string(value->as_string());
  return json::serialize(*value);
}

void write(std::FILE* file, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), file);
  std::fflush(file);
}

std::string row(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const bool last = i + 1 == cells.size();
    line += last ? cells[i] : fmt::format("{:<{}}  ", cells[i], widths[i]);
  }
  return line + '\n';
}

std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& cells : rows) {
    for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], cells[i].size());
  }
  std::string text;
  for (const auto& cells : rows) text += row(cells, widths);
  return text;
}

}  // namespace

std::string prettyJson(const json::value& value) {
  std::string out;
  appendPretty(out, value, 0);
  return out + '\n';
}

Output::Output(const World& world, Options options) : world_(world), options_(options) {
  terminal_ = isatty(fileno(world.err)) == 1;
  const auto noColour = world.environment("NO_COLOR");
  coloured_ = terminal_ && (!noColour || noColour->empty());
}

void Output::result(std::string_view bytes) const { write(world_.out, bytes); }

void Output::show(const json::value& value) const {
  if (json() || !value.is_object()) return result(prettyJson(value));
  std::vector<std::vector<std::string>> rows;
  for (const auto& item : value.get_object()) {
    rows.push_back({std::string(item.key()), plain(&item.value())});
  }
  if (!rows.empty()) result(table(rows));
}

void Output::showList(const json::value& whole, std::string_view list,
                      const std::vector<std::string_view>& columns) const {
  const json::value* items = whole.is_object() ? whole.get_object().if_contains(list) : nullptr;
  if (json() || !items || !items->is_array()) return result(prettyJson(whole));
  std::vector<std::vector<std::string>> rows(1);
  for (const std::string_view column : columns) {
    std::string title(column);
    std::ranges::transform(title, title.begin(), [](unsigned char c) { return std::toupper(c); });
    rows.front().push_back(title);
  }
  for (const json::value& item : items->get_array()) {
    auto& cells = rows.emplace_back();
    for (const std::string_view column : columns) {
      cells.push_back(plain(item.is_object() ? item.get_object().if_contains(column) : nullptr));
    }
  }
  result(table(rows));
  const json::value* next = whole.get_object().if_contains("nextToken");
  if (next && next->is_string() && !next->get_string().empty()) {
    note("more: --nextToken " + plain(next));
  }
}

void Output::note(std::string_view line) const {
  if (!options_.quiet && !json()) detail(line);
}

void Output::detail(std::string_view line) const { write(world_.err, std::string(line) + '\n'); }

void Output::endLine() const {
  if (isatty(fileno(world_.out)) == 1) write(world_.err, "\n");
}

void Output::error(const Problem& problem) const {
  if (json()) {
    json::object object{{"message", problem.message}};
    if (!problem.code.empty()) object["code"] = problem.code;
    if (problem.status != 0) object["status"] = problem.status;
    if (!problem.requestId.empty()) object["requestId"] = problem.requestId;
    if (!problem.hint.empty()) object["hint"] = problem.hint;
    return write(world_.err, json::serialize(object) + '\n');
  }
  const std::string_view start = coloured_ ? "\x1b[1;31mopenfc:\x1b[0m " : "openfc: ";
  write(world_.err,
        fmt::format("{}{}{}{}\n", start, problem.code.empty() ? "" : problem.code + ": ",
                    problem.message,
                    problem.requestId.empty() ? "" : " (request " + problem.requestId + ")"));
  if (!problem.hint.empty()) note(problem.hint);
}

bool Output::drawsProgress() const { return terminal_ && !options_.quiet && !json(); }

void Output::progress(std::string_view what, std::uint64_t done, std::uint64_t size) const {
  if (!drawsProgress() || size == 0) return;
  constexpr std::uint64_t width = 30;
  const std::uint64_t filled = width * std::min(done, size) / size;
  const auto megabytes = [](std::uint64_t bytes) { return double(bytes) / (1 << 20); };
  write(world_.err, fmt::format("\r{} [{}{}] {:.1f} of {:.1f} MB{}", what, std::string(filled, '#'),
                                std::string(width - filled, ' '), megabytes(std::min(done, size)),
                                megabytes(size), done >= size ? "\n" : ""));
}

}  // namespace openfc::cli
