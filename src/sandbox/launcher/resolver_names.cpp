#include "sandbox/launcher/resolver_names.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace openfc::sandbox::launcher {
namespace {

constexpr std::size_t headerSize = 12;
constexpr std::size_t longestLabel = 63;
constexpr std::size_t longestName = 255;
constexpr unsigned addressRecord = 1;
constexpr unsigned anyRecord = 255;
constexpr unsigned internetClass = 1;
constexpr std::uint32_t lifetime = 60;  // seconds that the answer may be kept

unsigned byteAt(std::span<const std::byte> message, std::size_t at) {
  return std::to_integer<unsigned>(message[at]);
}

unsigned wordAt(std::span<const std::byte> message, std::size_t at) {
  return byteAt(message, at) << 8 | byteAt(message, at + 1);
}

struct Question {
  std::string name;  // lower case
  unsigned type = 0;
  unsigned group = 0;   // class
  std::size_t end = 0;  // of the question in the message
};

char lower(unsigned letter) {
  return static_cast<char>(letter >= 'A' && letter <= 'Z' ? letter - 'A' + 'a' : letter);
}

/// The only question of a query; nothing: it is something else, or longer than a name may be.
std::optional<Question> questionOf(std::span<const std::byte> message) {
  constexpr unsigned responseOrOpcode = 0xf8;
  if (message.size() < headerSize || (byteAt(message, 2) & responseOrOpcode) != 0 ||
      wordAt(message, 4) != 1 || wordAt(message, 6) != 0) {
    return std::nullopt;
  }
  Question question;
  std::size_t at = headerSize;
  while (true) {
    if (at >= message.size()) return std::nullopt;
    const unsigned size = byteAt(message, at++);
    if (size == 0) break;
    if (size > longestLabel || at + size > message.size() ||
        question.name.size() + size + 1 > longestName) {
      return std::nullopt;
    }
    if (!question.name.empty()) question.name += '.';
    for (std::size_t i = 0; i < size; ++i) question.name += lower(byteAt(message, at + i));
    at += size;
  }
  if (at + 4 > message.size()) return std::nullopt;
  question.type = wordAt(message, at);
  question.group = wordAt(message, at + 2);
  question.end = at + 4;
  return question;
}

void addWord(std::vector<std::byte>& out, std::uint32_t value, unsigned bytes) {
  while (bytes-- > 0) out.push_back(static_cast<std::byte>(value >> (8 * bytes) & 0xff));
}

bool matches(std::string_view pattern, std::string_view name) {
  if (!pattern.starts_with('*')) return name == pattern;
  pattern.remove_prefix(1);  // ".a.b"
  if (!name.ends_with(pattern)) return false;
  name.remove_suffix(pattern.size());
  return !name.empty() && !name.contains('.');
}

}  // namespace

void checkPattern(const std::string& pattern) {
  const std::string_view name =
      pattern.starts_with("*.") ? std::string_view(pattern).substr(2) : std::string_view(pattern);
  const bool plain = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
  if (name.empty() || name.size() > longestName || !plain || name.front() == '.' ||
      name.back() == '.') {
    throw std::invalid_argument(fmt::format("\"{}\" is no name in lower case", pattern));
  }
}

bool isOwn(const OwnNames& own, std::string_view name) {
  return std::ranges::any_of(own.patterns,
                             [&](const std::string& pattern) { return matches(pattern, name); });
}

std::optional<std::vector<std::byte>> ownAnswer(const OwnNames& own,
                                                std::span<const std::byte> message) {
  if (own.patterns.empty()) return std::nullopt;
  const auto question = questionOf(message);
  if (!question || question->group != internetClass || !isOwn(own, question->name))
    return std::nullopt;
  const bool found = question->type == addressRecord || question->type == anyRecord;
  std::vector<std::byte> answer(message.begin(),
                                message.begin() + static_cast<std::ptrdiff_t>(question->end));
  constexpr std::byte recursionDesired{0x01};
  constexpr std::byte authoritativeResponse{0x84};
  constexpr std::byte recursionAvailable{0x80};
  answer[2] = (answer[2] & recursionDesired) | authoritativeResponse;
  answer[3] = recursionAvailable;
  constexpr std::size_t answerCount = 7;
  answer[answerCount] = static_cast<std::byte>(found);
  for (std::size_t i = answerCount + 1; i < headerSize; ++i) answer[i] = std::byte{0};
  if (found) {
    constexpr unsigned nameOfQuestion = 0xc000 + headerSize;
    addWord(answer, nameOfQuestion, 2);
    addWord(answer, addressRecord, 2);
    addWord(answer, internetClass, 2);
    addWord(answer, lifetime, 4);
    addWord(answer, sizeof own.address, 2);
    addWord(answer, own.address, sizeof own.address);
  }
  return answer;
}

}  // namespace openfc::sandbox::launcher
