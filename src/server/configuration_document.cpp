// docs/configuration.md, from the table of settings.

#include "server/config.h"
#include "server/setting_text.h"

#include <fmt/core.h>

#include <vector>

namespace openfc::server {
namespace {

using schema::Field;
using schema::Kind;

/// A setting that is a list of objects: its name and theirs.
struct Rows {
  std::string_view name;
  const schema::Shape* shape;
};

std::vector<Rows> listsOfObjects() {
  std::vector<Rows> lists;
  for (const Field& field : schema::shapeFor<Config>().fields) {
    if (field.type->kind == Kind::list && field.type->element->kind == Kind::object)
      lists.push_back({field.name, &field.type->element->shape()});
  }
  return lists;
}

/// A bar would end the cell.
std::string cell(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2)
    text.insert(at, 1, '\\');
  return text;
}

std::string settings() {
  std::string text = "| Setting | Meaning | Default |\n|---|---|---|\n";
  for (const Field& field : schema::shapeFor<Config>().fields) {
    text += fmt::format("| `{}` | {}{} | {} |\n", field.name, cell(std::string(field.doc)),
                        cell(choicesOf(field)), cell(defaultOf(field)));
  }
  return text;
}

std::string members(const Rows& rows) {
  std::string text =
      fmt::format("\n## Members of `{}`\n\n| Member | Meaning |\n|---|---|\n", rows.name);
  for (const Field& field : rows.shape->fields) {
    text +=
        fmt::format("| `{}`{} | {}{} |\n", field.name, field.rules.required ? " (required)" : "",
                    cell(std::string(field.doc)), cell(choicesOf(field)));
  }
  return text;
}

}  // namespace

std::string configurationDocument() {
  std::string text =
      "# Configuration\n\n"
      "This file is printed from the declarations of the settings (`generate_docs configuration`); "
      "`openfc serve --help`\nprints the same.\n\n"
      "Each setting is a key of the configuration file (`adminListen`; YAML or JSON; "
      "`--config FILE`, `OPENFC_CONFIG`, or\n`/etc/openfc/config.yaml` when it exists), an "
      "environment variable (`OPENFC_ADMIN_LISTEN`) and a flag of `openfc serve`\n"
      "(`--admin-listen`). Flags win over variables, variables over the file. "
      "`openfc serve --check-config` says whether a\nserver would start with it.\n\n"
      "[A sample](../packaging/config.yaml) is installed with the package. What refuses for its "
      "size or number stands in\n[limits](limits.md).\n\n";
  text += settings();
  for (const Rows& rows : listsOfObjects()) text += members(rows);
  return text;
}

}  // namespace openfc::server
