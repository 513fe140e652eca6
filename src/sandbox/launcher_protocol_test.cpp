#include "sandbox/launcher_protocol.h"

#include "sandbox/start_message.h"

#include <gtest/gtest.h>

#include <span>

namespace openfc::sandbox::launcher {
namespace {

auto decoded(const std::string& bytes) { return decodeRequest(std::as_bytes(std::span(bytes))); }

AdoptRequest fullAdoption() {
  return {.id = 7,
          .code = std::string(64, 'c'),
          .layers = {std::string(64, '1'), std::string(64, '2')},
          .memory = 128u << 20,
          .tmpSize = 512u << 20,
          .shares = {{.share = 1, .below = "a/b", .place = "/mnt/x", .user = 10003, .group = 7}},
          .privateNetworks = 5,
          .onlyPrivate = true};
}

TEST(LauncherProtocol, ARequestIsReadAsItWasWritten) {
  const std::string bytes = encode(Request{42, fullAdoption()});

  const auto request = decoded(bytes);

  ASSERT_TRUE(request);
  EXPECT_EQ(request->sequence, 42u);
  const auto& adoption = std::get<AdoptRequest>(request->body);
  EXPECT_EQ(adoption.id, 7u);
  EXPECT_EQ(adoption.code, std::string(64, 'c'));
  EXPECT_EQ(adoption.layers, fullAdoption().layers);
  EXPECT_EQ(adoption.memory, 128u << 20);
  EXPECT_EQ(adoption.tmpSize, 512u << 20);
  EXPECT_EQ(adoption.shares, fullAdoption().shares);
  EXPECT_EQ(adoption.privateNetworks, 5u);
  EXPECT_TRUE(adoption.onlyPrivate);
}

TEST(LauncherProtocol, AForkNamesSandboxAndZygote) {
  const std::string bytes = encode(Request{7, ForkRequest{300, 255}});

  const auto request = decoded(bytes);

  ASSERT_TRUE(request);
  EXPECT_EQ(std::get<ForkRequest>(request->body).id, 300u);
  EXPECT_EQ(std::get<ForkRequest>(request->body).zygote, 255u);
  EXPECT_FALSE(decoded(bytes.substr(0, bytes.size() - 1)));
  EXPECT_FALSE(decoded(bytes + "x"));
}

TEST(LauncherProtocol, AVisitIsReadAsItWasWritten) {
  const auto visit = decoded(encode(Request{7, VisitRequest{300, true}}));
  const auto dismiss = decoded(encode(Request{8, DismissRequest{70'000}}));
  const std::string visiting = encode(Reply{7, Visiting{70'000}});
  const std::string ended = encode(Reply{0, VisitEnded{70'000, -9}});

  ASSERT_TRUE(visit && dismiss);
  EXPECT_EQ(std::get<VisitRequest>(visit->body).id, 300u);
  EXPECT_TRUE(std::get<VisitRequest>(visit->body).terminal);
  EXPECT_EQ(std::get<DismissRequest>(dismiss->body).visit, 70'000u);
  const auto first = decodeReply(std::as_bytes(std::span(visiting)));
  const auto second = decodeReply(std::as_bytes(std::span(ended)));
  ASSERT_TRUE(first && second);
  EXPECT_EQ(std::get<Visiting>(first->body).visit, 70'000u);
  EXPECT_EQ(std::get<VisitEnded>(second->body).visit, 70'000u);
  EXPECT_EQ(std::get<VisitEnded>(second->body).status, -9);
}

TEST(LauncherProtocol, ARepliesValuesAreKept) {
  const std::string bytes = encode(Reply{0, Ended{9, -3, true}});

  const auto reply = decodeReply(std::as_bytes(std::span(bytes)));

  ASSERT_TRUE(reply);
  EXPECT_EQ(std::get<Ended>(reply->body).id, 9u);
  EXPECT_EQ(std::get<Ended>(reply->body).status, -3);
  EXPECT_TRUE(std::get<Ended>(reply->body).oom);
}

TEST(LauncherProtocol, EveryCutOffRequestIsRefused) {
  const std::string bytes = encode(Request{42, fullAdoption()});

  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decoded(bytes.substr(0, size))) << size;
  EXPECT_FALSE(decoded(bytes + "x"));
}

TEST(LauncherProtocol, ValuesOutOfRangeAreRefused) {
  std::string flag = encode(Request{1, CreateRequest{true}});
  flag.back() = 2;
  std::string kind = encode(Request{1, CreateRequest{true}});
  kind[4] = 99;
  std::string layers = encode(Request{1, AdoptRequest{}});
  layers[layers.size() - 7] = static_cast<char>(maximumLayers + 1);
  std::string shares = encode(Request{1, AdoptRequest{}});
  shares[shares.size() - 6] = static_cast<char>(maximumShares + 1);

  EXPECT_FALSE(decoded(flag));
  EXPECT_FALSE(decoded(kind));
  EXPECT_FALSE(decoded(shares + std::string(14 * (maximumShares + 1), '\0')));
  EXPECT_FALSE(decoded(layers + std::string(32 * (maximumLayers + 1), 'x')));
}

TEST(LauncherProtocol, TheLongestMessagesFitOnePacket) {
  AdoptRequest adoption = fullAdoption();
  adoption.layers.assign(maximumLayers, std::string(64, 'a'));
  const std::string path(maximumPath, 'x');
  adoption.shares.assign(maximumShares, {.below = path, .place = path});

  EXPECT_LE(encode(Request{1, adoption}).size(), maximumMessage);
  EXPECT_LE(encode(Reply{0, Ready{std::vector<std::string>(100, std::string(5000, 'x'))}}).size(),
            maximumMessage);
  EXPECT_LE(encode(Reply{1, Failed{std::string(100'000, 'x')}}).size(), maximumMessage);
}

TEST(StartMessage, HoldsLengthCountsAndStrings) {
  const std::string message = startMessage({"/bin/x", "a"}, {"K=V"}, "/code");

  EXPECT_EQ(message, std::string("\x1b\0\0\0\2\0\0\0\1\0\0\0", 12) +
                         std::string("/code\0/bin/x\0a\0K=V\0", 19));
}

TEST(StartMessage, HoldsNoArgumentsWhenTheProgramIsACopy) {
  EXPECT_EQ(copyMessage(), std::string("\x09\0\0\0\0\0\0\0\0\0\0\0\0", 13));
}

TEST(StartMessage, RefusesWhatInitWouldNotTake) {
  EXPECT_THROW(startMessage({}, {}, "/"), std::runtime_error);
  EXPECT_THROW(startMessage({"/x"}, {std::string("A=\0B", 4)}, "/"), std::runtime_error);
  EXPECT_THROW(startMessage({"/x"}, {std::string(2'000'000, 'x')}, "/"), std::runtime_error);
  EXPECT_THROW(startMessage({"/x"}, std::vector<std::string>(9000, "A=B"), "/"),
               std::runtime_error);
}

}  // namespace
}  // namespace openfc::sandbox::launcher
