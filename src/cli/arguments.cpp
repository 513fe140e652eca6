#include "cli/arguments.h"

#include "base/nearest.h"
#include "cli/command.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

namespace openfc::cli {
namespace {

/// "-e" and "--event" of "-e,--event".
std::vector<std::string> namesOf(const Option& option) {
  std::vector<std::string> names;
  std::string_view left = option.names;
  while (!left.empty()) {
    const std::string_view name = left.substr(0, left.find(','));
    names.emplace_back(name);
    left.remove_prefix(std::min(name.size() + 1, left.size()));
  }
  return names;
}

/// Adds the names of flags that begin with two dashes.
void addLongNames(std::vector<std::string>& names, const std::vector<Option>& options) {
  for (const Option& option : options) {
    for (std::string& name : namesOf(option)) {
      if (name.starts_with("--")) names.push_back(std::move(name));
    }
  }
}

bool isTruth(const std::string& word) { return word == "true" || word == "false"; }

/// "lastName" → "LAST_NAME".
std::string capitals(const std::string& name) {
  std::string out;
  for (const char c : name) {
    const auto letter = static_cast<unsigned char>(c);
    if (std::isupper(letter) != 0 && !out.empty()) out += '_';
    out += c == '-' ? '_' : static_cast<char>(std::toupper(letter));
  }
  return out;
}

}  // namespace

bool isPositional(const Option& option) { return !option.names.starts_with('-'); }

std::string keyOf(const Option& option) {
  std::string key = option.names.substr(option.names.rfind(',') + 1);
  return key.substr(std::min(key.find_first_not_of('-'), key.size()));
}

std::string shownAs(const Option& option) {
  return option.shown.empty() ? capitals(keyOf(option)) : option.shown;
}

void Arguments::add(const std::string& name, std::vector<std::string> values) {
  values_[name] = std::move(values);
}

std::string Arguments::text(const std::string& name, const std::string& otherwise) const {
  const auto found = values_.find(name);
  return found == values_.end() || found->second.empty() ? otherwise : found->second.back();
}

std::vector<std::string> Arguments::list(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>{} : found->second;
}

std::optional<long long> Arguments::number(const std::string& name) const {
  if (!has(name)) return std::nullopt;
  const std::string value = text(name);
  long long number = 0;
  const char* end = value.data() + value.size();
  const auto read = std::from_chars(value.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end) {
    throw UsageError("--" + name + ": '" + value + "' is not a number");
  }
  return number;
}

LineReader::LineReader(const std::vector<Command>& commands, const std::vector<Option>& common)
    : commands_(commands), common_(common) {}

void LineReader::read(const std::string& word) {
  if (waiting_ != nullptr && readValue(word)) return;
  if (!onlyPositionals_ && word == "--") {
    onlyPositionals_ = true;
  } else if (!onlyPositionals_ && word.size() > 1 && word.starts_with('-')) {
    readFlag(word);
  } else {
    readWord(word);
  }
}

bool LineReader::readValue(const std::string& word) {
  const Option& option = *std::exchange(waiting_, nullptr);
  if (option.takes == Takes::truth && !isTruth(word)) {
    give(option, "true");
    return false;
  }
  if (word.size() > 2 && word.starts_with("--"))
    throw UsageError("--" + keyOf(option) + " needs a value");
  give(option, word);
  return true;
}

void LineReader::readFlag(const std::string& word) {
  const auto equals = word.find('=');
  const std::string name = word.substr(0, equals);
  if (name == "-h" || name == "--help") {
    help_ = true;
    return;
  }
  const Option* option = find(name);
  // "-m256"
  if (option == nullptr && word.size() > 2 && word[1] != '-') {
    const Option* brief = find(word.substr(0, 2));
    if (brief != nullptr && brief->takes != Takes::nothing) return give(*brief, word.substr(2));
  }
  if (option == nullptr)
    throw UsageError("unknown flag '" + name + "'" + didYouMean(name, flags()));
  if (option->takes == Takes::nothing) {
    if (equals == std::string::npos || word.substr(equals + 1) == "true")
      return give(*option, "true");
    if (word.substr(equals + 1) != "false") throw UsageError(name + " takes no value");
  } else if (equals != std::string::npos) {
    give(*option, word.substr(equals + 1));
  } else {
    waiting_ = option;
  }
}

void LineReader::readWord(const std::string& word) {
  const auto next = nextWords();
  if (positionals_ == 0 && std::ranges::find(next, word) != next.end()) {
    path_ += (path_.empty() ? "" : " ") + word;
    const auto found = std::ranges::find(commands_, path_, &Command::path);
    command_ = found == commands_.end() ? nullptr : &*found;
    return;
  }
  if (command_ == nullptr) {
    throw UsageError((path_.empty() ? "" : path_ + ": ") + "unknown command '" + word + "'" +
                     didYouMean(word, next));
  }
  const Option* option = nextPositional();
  if (option == nullptr)
    throw UsageError(path_ + ": '" + word + "' is one too many" + didYouMean(word, next));
  give(*option, word);
  if (option->takes != Takes::many) ++positionals_;
}

const Option* LineReader::nextPositional() const {
  std::size_t place = 0;
  for (const Option& option : command_->options) {
    if (isPositional(option) && place++ == positionals_) return &option;
  }
  return nullptr;
}

const Option* LineReader::find(std::string_view name) const {
  const auto within = [name](const std::vector<Option>& options) -> const Option* {
    for (const Option& option : options) {
      const auto names = namesOf(option);
      if (!isPositional(option) && std::ranges::find(names, name) != names.end()) return &option;
    }
    return nullptr;
  };
  const Option* own = command_ == nullptr ? nullptr : within(command_->options);
  return own != nullptr ? own : within(common_);
}

void LineReader::give(const Option& option, const std::string& value) {
  if (option.takes == Takes::truth && !isTruth(value)) {
    throw UsageError("--" + keyOf(option) + ": '" + value + "' is neither true nor false");
  }
  auto values = arguments_.list(keyOf(option));
  values.push_back(value);
  arguments_.add(keyOf(option), std::move(values));
}

void LineReader::finish() {
  if (waiting_ != nullptr) {
    const Option& option = *std::exchange(waiting_, nullptr);
    if (option.takes != Takes::truth) throw UsageError("--" + keyOf(option) + " needs a value");
    give(option, "true");
  }
  if (help_) return;
  if (command_ == nullptr) {
    std::string choices;
    for (const std::string& word : nextWords()) choices += (choices.empty() ? "" : ", ") + word;
    throw UsageError(path_ + ": name what to do: " + choices);
  }
  for (const Option& option : command_->options) {
    if (!option.required || arguments_.has(keyOf(option))) continue;
    throw UsageError((isPositional(option) ? shownAs(option) : "--" + keyOf(option)) +
                     " is missing");
  }
}

std::vector<std::string> LineReader::nextWords() const {
  const std::string before = path_.empty() ? "" : path_ + " ";
  std::vector<std::string> words;
  for (const Command& command : commands_) {
    if (!command.path.starts_with(before) || command.path == path_) continue;
    const auto end = command.path.find(' ', before.size());
    std::string word = command.path.substr(before.size(), end - before.size());
    if (std::ranges::find(words, word) == words.end()) words.push_back(std::move(word));
  }
  return words;
}

std::vector<std::string> LineReader::flags() const {
  std::vector<std::string> names = {"--help"};
  if (command_ != nullptr) addLongNames(names, command_->options);
  addLongNames(names, common_);
  return names;
}

}  // namespace openfc::cli
