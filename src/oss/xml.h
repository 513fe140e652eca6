#pragma once

#include <string>
#include <string_view>

namespace openfc::oss {

/// Text as the content of an element. Characters that XML cannot hold become '?'.
std::string escaped(std::string_view text);

/// Writes a document element by element.
class Xml {
public:
  explicit Xml(std::string_view root) : root_(root) {
    out_ = R"(<?xml version="1.0" encoding="UTF-8"?>)"
           "\n";
    open(root);
  }
  void open(std::string_view name) { tag("<", name); }
  void close(std::string_view name) { tag("</", name); }
  void add(std::string_view name, std::string_view text) {
    open(name);
    out_ += escaped(text);
    close(name);
  }
  void text(std::string_view content) { out_ += escaped(content); }
  /// The whole document; once.
  std::string finish() {
    close(root_);
    return std::move(out_);
  }

private:
  void tag(std::string_view begin, std::string_view name) {
    out_ += begin;
    out_ += name;
    out_ += '>';
  }

  std::string root_;
  std::string out_;
};

}  // namespace openfc::oss
