#pragma once

#include "api/context.h"
#include "api/response.h"
#include "schema/shape.h"

#include <string_view>
#include <type_traits>

namespace openfc::api {

/// Who may call an operation.
enum class Access {
  account,  // a signed request, on the resources of the caller's account
  open,     // anybody
};

/// One operation of the API: what routing, dispatch, documents and the command line need of it.
struct Operation {
  std::string_view name;
  std::string_view method;
  std::string_view path;  // below the API version's prefix, or whole when `outside`
  int status = 200;
  std::string_view doc;
  Access access = Access::account;
  bool outside = false;  // not an operation of the documented API
  bool raw = false;      // answers bytes, and reads them where its method has a body
  int accepted = 0;      // status of an answer that only says that the work will be done; 0 = none
  const schema::Shape* (*input)() = nullptr;
  const schema::Shape* (*output)() = nullptr;  // null: raw bytes or nothing
  Task<http::Response> (*run)(Context) = nullptr;
};

inline constexpr std::string_view apiPrefix = "/2016-08-15";

/// The path with its prefix.
std::string fullPath(const Operation& operation);
/// Whether the operation reads a JSON body.
bool readsBody(const Operation& operation);
/// Whether the operation changes something, lets somebody in or hands out credentials: such calls
/// are audited. An
/// invocation is neither.
bool changes(const Operation& operation);
/// Bytes of a JSON body at most.
std::size_t bodyLimit(const Settings& settings);
/// Whether clients may name a version or alias behind the service's name.
bool takesQualifier(const Operation& operation);

namespace detail {

/// Reads, checks and gathers all rows of an operation's input from the request.
Task<> readInput(Context context, const schema::Shape* shape, void* input);
http::Response replyWith(const Context& context, const schema::Shape& shape, const void* output);

template <class Handler>
struct Signature;
template <class Out, class In>
struct Signature<Task<Out> (*)(Context, In)> {
  using input = In;
  using output = Out;
};

template <auto handler>
Task<http::Response> run(Context context) {
  using In = typename Signature<decltype(handler)>::input;
  using Out = typename Signature<decltype(handler)>::output;
  In input{};
  co_await readInput(context, &schema::shapeFor<In>(), &input);
  if constexpr (std::is_same_v<Out, http::Response>) {
    co_return co_await handler(context, std::move(input));
  } else if constexpr (std::is_void_v<Out>) {
    co_await handler(context, std::move(input));
    co_return emptyResponse(context);
  } else {
    const Out output = co_await handler(context, std::move(input));
    co_return replyWith(context, schema::shapeFor<Out>(), &output);
  }
}

template <class T>
const schema::Shape* shapeOrNone() {
  if constexpr (std::is_void_v<T> || std::is_same_v<T, http::Response>) {
    return nullptr;
  } else {
    return &schema::shapeFor<T>();
  }
}

}  // namespace detail

/// The row of one documented operation. A handler is a free function, struct in, struct out (or
/// void, or a whole http::Response for what is not JSON).
template <auto handler>
constexpr Operation operation(std::string_view name, std::string_view method, std::string_view path,
                              int status, std::string_view doc) {
  using Signature = detail::Signature<decltype(handler)>;
  return {.name = name,
          .method = method,
          .path = path,
          .status = status,
          .doc = doc,
          .raw = std::is_same_v<typename Signature::output, http::Response>,
          .input = &detail::shapeOrNone<typename Signature::input>,
          .output = &detail::shapeOrNone<typename Signature::output>,
          .run = &detail::run<handler>};
}

/// The same operation, which may also answer `status` before its work is done.
constexpr Operation alsoAccepting(Operation row, int status) {
  row.accepted = status;
  return row;
}

/// The same operation, whose handler makes the whole response: JSON of an `Output` by default.
template <class Output>
constexpr Operation answering(Operation row) {
  row.raw = false;
  row.output = &detail::shapeOrNone<Output>;
  return row;
}

/// The row of an operation of openfc's own: its path is whole.
template <auto handler>
constexpr Operation ownOperation(std::string_view name, std::string_view method,
                                 std::string_view path, Access access, std::string_view doc) {
  Operation row = operation<handler>(name, method, path, 200, doc);
  row.access = access;
  row.outside = true;
  return row;
}

}  // namespace openfc::api
