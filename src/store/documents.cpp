#include "store/documents.h"

#include <utility>

namespace openfc::store {

Operation put(std::string key, std::string value, Expect expect) {
  return {Operation::Kind::put, std::move(key), std::move(value), expect};
}

Operation erase(std::string key, Expect expect) {
  return {Operation::Kind::erase, std::move(key), {}, expect};
}

Operation eraseUnder(std::string prefix) {
  return {Operation::Kind::eraseUnder, std::move(prefix), {}, {}};
}

Operation require(std::string key, Expect expect) {
  return {Operation::Kind::check, std::move(key), {}, expect};
}

}  // namespace openfc::store
