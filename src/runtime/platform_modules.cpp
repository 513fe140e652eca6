#include "runtime/platform_modules.h"

#include "runtime/catalogue.h"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <utility>

namespace openfc::runtime {
namespace {

constexpr std::string_view none = "-";

/// Versions of the images up to nodejs10, of nodejs12, and of what came later.
struct NodeRow {
  std::string_view name;
  std::string_view old;
  std::string_view twelve;
  std::string_view later;
  bool compiled = false;
};

constexpr NodeRow nodeRows[] = {
    {"co", "4.6.0", "4.6.0", "4.6.0"},
    {"gm", "1.23", "1.23.0", "1.23.0"},
    {"ali-oss", "4.10.1", "6.6.0", "6.6.0"},
    {"aliyun-sdk", "1.11.10", "1.12.3", "1.12.3"},
    {"@alicloud/fc", "1.2.2", "1.2.3", none},
    {"@alicloud/fc2", "2.1.0", "2.2.0", "2.2.0"},
    {"tablestore", "4.2.0", "5.0.7", "5.0.7"},
    {"opencv", "6.2.0", "7.0.0", none, true},
    {"body", "5.1.0", "5.1.0", "5.1.0"},
    {"raw-body", "2.3.2", "2.4.1", "2.4.1"},
    {"ali-mns", "2.6.5", "2.6.8", "2.6.8"},
    {"@alicloud/pop-core", "1.7.0", "1.7.9", "1.7.9"},
    {"@alicloud/fnf-2019-03-15", "1.1.0", "1.1.0", "1.1.0"},
};

/// Only in the image of nodejs8.
constexpr PlatformModule node8Rows[] = {
    {"axios", "0.19.2"}, {"lodash", "4.17.15"}, {"moment", "2.25.3"}, {"uuid", "8.0.0"}};

/// Versions of the images of python3, which is 3.6, and of python3.9.
struct PythonRow {
  std::string_view name;
  std::string_view three;
  std::string_view nine;
  bool compiled = false;
};

constexpr PythonRow pythonRows[] = {
    {"six", "", ""},
    {"chardet", "", ""},
    {"certifi", "", ""},
    {"idna", "", ""},
    {"future", "", ""},
    {"simplejson", "", ""},
    {"urllib3", "1.23", "1.26.7"},
    {"requests", "2.27.1", "2.26.0"},
    {"cryptography", "3.2.1", "36.0.0", true},
    {"pyOpenSSL", "18.0.0", "21.0.0"},
    {"pycryptodome", "3.14.1", "3.11.0", true},
    {"protobuf", "3.13.0", "3.19.1"},
    {"crcmod", "", ""},
    {"jmespath", "", ""},
    {"aliyun-python-sdk-core", "2.13.11", "2.13.35"},
    {"aliyun-python-sdk-cdn", "", ""},
    {"aliyun-python-sdk-dds", "", ""},
    {"aliyun-python-sdk-ecs", "", ""},
    {"aliyun-python-sdk-fnf", "", ""},
    {"aliyun-python-sdk-imm", "", ""},
    {"aliyun-python-sdk-iot", "", ""},
    {"aliyun-python-sdk-kms", "", ""},
    {"aliyun-python-sdk-ram", "", ""},
    {"aliyun-python-sdk-rds", "", ""},
    {"aliyun-python-sdk-sts", "", ""},
    {"aliyun-python-sdk-vpc", "", ""},
    {"aliyun-fc2", "2.3.0", "2.5.0"},
    {"aliyun-fc", "0.6", "0.6"},
    {"alibabacloud-fc-open20210406", none, "1.0.1"},
    {"oss2", "2.9.1", "2.15.0"},
    {"tablestore", "5.1.0", "5.2.1"},
    {"aliyun-log-python-sdk", "0.6.38", "0.7.3"},
    {"aliyun-mns", "1.1.5", "1.1.5"},
    {"cbor", "1.0.0", "1.0.0"},
    {"lxml", "4.7.1", "4.6.4", true},
    {"numpy", "1.13.3", "1.21.4", true},
    {"scipy", "1.0.0", "1.7.2", true},
    {"matplotlib", "2.0.2", "3.4.3", true},
    {"opencv-python", "3.3.0.10", "4.5.4.58", true},
    {"Pillow", none, "8.4.0", true},
    {"elasticsearch", "6.8.2", "7.15.2"},
    {"Twisted", none, "21.7.0"},
    {"Scrapy", "1.4.0", "2.5.1"},
    {"Wand", "", ""},
    {"python-dateutil", "", ""},
    {"pytz", "", ""},
    {"tzlocal", "", ""},
    {"dateparser", "", ""},
    {"regex", "", "", true},
    {"greenlet", "", "", true},
    {"coverage", "", "", true},
    {"debugpy", "", "", true},
    {"pydatahub", "", none},
    {"lz4", "", none, true},
    {"aiohttp", none, "3.8.1", true},
};

std::vector<PlatformModule> ofNode(const Row& row) {
  const int version = std::stoi(std::string(row.version));
  std::vector<PlatformModule> modules;
  for (const NodeRow& one : nodeRows) {
    const std::string_view wanted = version < 12 ? one.old : version == 12 ? one.twelve : one.later;
    if (wanted != none) modules.push_back({one.name, wanted, one.compiled});
  }
  if (version == 8) std::ranges::copy(node8Rows, std::back_inserter(modules));
  return modules;
}

std::vector<PlatformModule> ofPython(const Row& row) {
  std::vector<PlatformModule> modules;
  if (row.version == "3.10") return modules;  // its image carries none
  for (const PythonRow& one : pythonRows) {
    const std::string_view wanted = row.version == "3" ? one.three : one.nine;
    if (wanted != none) modules.push_back({one.name, wanted, one.compiled});
  }
  return modules;
}

std::filesystem::path noteOf(const std::filesystem::path& runtimes, std::string_view runtime) {
  return modulesDirectory(runtimes, runtime) / "installed.txt";
}

}  // namespace

std::vector<PlatformModule> platformModulesOf(std::string_view runtime) {
  const Row* row = findRow(runtime);
  if (row == nullptr || !row->lack.empty()) return {};
  if (row->language == Language::nodejs) return ofNode(*row);
  if (row->language == Language::python) return ofPython(*row);
  return {};
}

std::filesystem::path modulesDirectory(const std::filesystem::path& runtimes,
                                       std::string_view runtime) {
  return runtimes / "modules" / runtime;
}

std::vector<InstalledModule> installedModules(const std::filesystem::path& runtimes,
                                              std::string_view runtime) {
  std::vector<InstalledModule> modules;
  std::ifstream file(noteOf(runtimes, runtime));
  for (InstalledModule one; file >> one.name >> one.version;) modules.push_back(one);
  return modules;
}

void noteInstalled(const std::filesystem::path& runtimes, std::string_view runtime,
                   const InstalledModule& module) {
  std::map<std::string, std::string> all;
  for (InstalledModule& one : installedModules(runtimes, runtime))
    all.emplace(std::move(one.name), std::move(one.version));
  all[module.name] = module.version;
  const std::filesystem::path note = noteOf(runtimes, runtime);
  const std::filesystem::path fresh = note.string() + ".new";
  {
    std::ofstream file(fresh);
    for (const auto& [name, version] : all) file << name << ' ' << version << '\n';
    if (!file.flush()) throw std::runtime_error(fmt::format("cannot write {}", fresh.string()));
  }
  std::filesystem::rename(fresh, note);
}

}  // namespace openfc::runtime
