// Answers about buckets.
#include "base/encoding.h"
#include "base/time_text.h"
#include "oss/context.h"
#include "oss/error.h"
#include "oss/xml.h"
#include "package/object_files.h"

#include <fcntl.h>
#include <sys/stat.h>

namespace openfc::oss {
namespace {

constexpr std::string_view storageClass = "Standard";

/// When the directory was made; 1970 when nobody can tell.
Time createdAt(const package::Bucket& bucket) {
  const auto* directory = std::get_if<package::DirectoryBucket>(&bucket.source);
  struct statx status = {};
  if (directory == nullptr ||
      statx(AT_FDCWD, directory->directory.c_str(), 0, STATX_BTIME, &status) != 0 ||
      (status.stx_mask & STATX_BTIME) == 0) {
    return Time();
  }
  return Time(std::chrono::seconds(status.stx_btime.tv_sec));
}

std::string locationOf(const Context& context) { return "oss-" + context.parts.region; }

/// Whole seconds with three zeros, the one form that the clients read.
std::string listedTime(Time time) {
  std::string text = toIso(time);
  return text.replace(text.size() - 1, 1, ".000Z");
}

void addOwner(Xml& xml, const std::string& account) {
  xml.open("Owner");
  xml.add("ID", account);
  xml.add("DisplayName", account);
  xml.close("Owner");
}

/// What both the list of buckets and the answer about one tell; the endpoint is where this client
/// has found the server.
void addBucket(Xml& xml, const Context& context, const std::string& name, Time created) {
  const auto host = context.request().headers.find("Host").value_or("");
  xml.add("Name", name);
  xml.add("Location", locationOf(context));
  xml.add("CreationDate", listedTime(created));
  xml.add("ExtranetEndpoint", host);
  xml.add("IntranetEndpoint", host);
  xml.add("StorageClass", storageClass);
}

std::string shown(std::string_view text, const ListRequest& list) {
  return list.urlEncoded ? percentEncode(text) : std::string(text);
}

void addObject(Xml& xml, const Context& context, const package::ListedObject& object,
               const ListRequest& list) {
  xml.open("Contents");
  xml.add("Key", shown(object.name, list));
  xml.add("LastModified", listedTime(object.state.modified));
  xml.add("ETag", '"' + object.state.etag + '"');
  xml.add("Type", "Normal");
  xml.add("Size", std::to_string(object.state.size));
  xml.add("StorageClass", storageClass);
  if (list.owners) addOwner(xml, context.asked.identity.accountId);
  xml.close("Contents");
}

void addPlace(Xml& xml, const ListRequest& list, const package::ObjectPage& page) {
  if (!list.second) {
    xml.add("Marker", shown(list.marker, list));
    if (page.truncated) xml.add("NextMarker", shown(page.last, list));
    return;
  }
  if (!list.startAfter.empty()) xml.add("StartAfter", shown(list.startAfter, list));
  if (!list.continuationToken.empty()) xml.add("ContinuationToken", list.continuationToken);
  if (page.truncated) xml.add("NextContinuationToken", continuationTokenOf(page.last));
  xml.add("KeyCount", std::to_string(page.objects.size() + page.commonPrefixes.size()));
}

std::string pageText(const Context& context, const ListRequest& list,
                     const package::ObjectPage& page) {
  Xml xml("ListBucketResult");
  xml.add("Name", context.asked.target.bucket);
  xml.add("Prefix", shown(list.prefix, list));
  xml.add("MaxKeys", std::to_string(list.limit));
  xml.add("Delimiter", shown(list.delimiter, list));
  if (list.urlEncoded) xml.add("EncodingType", "url");
  xml.add("IsTruncated", page.truncated ? "true" : "false");
  addPlace(xml, list, page);
  for (const package::ListedObject& object : page.objects) addObject(xml, context, object, list);
  for (const std::string& prefix : page.commonPrefixes) {
    xml.open("CommonPrefixes");
    xml.add("Prefix", shown(prefix, list));
    xml.close("CommonPrefixes");
  }
  return xml.finish();
}

}  // namespace

Task<http::Response> listBuckets(Context context) {
  const std::string& account = context.asked.identity.accountId;
  Xml xml("ListAllMyBucketsResult");
  addOwner(xml, account);
  xml.open("Buckets");
  for (const std::string& name : context.parts.buckets.names(account)) {
    const auto bucket = context.parts.buckets.find(name, account);
    if (!bucket) continue;
    xml.open("Bucket");
    addBucket(xml, context, name, createdAt(*bucket));
    xml.add("Region", context.parts.region);
    xml.close("Bucket");
  }
  xml.close("Buckets");
  co_return xmlResponse(200, xml.finish());
}

Task<http::Response> listObjects(Context context) {
  const ListRequest list = listRequestOf(context.request().rawQuery(), context.asked.subresources);
  const std::filesystem::path directory = directoryOf(context.asked);
  const auto missing = context.asked.bucket.temporary ? package::ObjectFiles::Missing::make
                                                      : package::ObjectFiles::Missing::fail;
  const package::ObjectQuery query{
      .prefix = list.prefix, .delimiter = list.delimiter, .after = list.after, .limit = list.limit};
  const package::ObjectPage page = co_await context.parts.workers.run(
      Lane::objects, context.asked.identity.accountId, context.parts.loop,
      [&] { return package::ObjectFiles(directory, missing).list(query); });
  co_return xmlResponse(200, pageText(context, list, page));
}

Task<http::Response> getBucketLocation(Context context) {
  Xml xml("LocationConstraint");
  xml.text(locationOf(context));
  co_return xmlResponse(200, xml.finish());
}

Task<http::Response> getBucketInfo(Context context) {
  Xml xml("BucketInfo");
  xml.open("Bucket");
  addBucket(xml, context, context.asked.target.bucket, createdAt(context.asked.bucket));
  addOwner(xml, context.asked.identity.accountId);
  xml.open("AccessControlList");
  xml.add("Grant", "private");
  xml.close("AccessControlList");
  xml.add("Comment", "");
  xml.close("Bucket");
  co_return xmlResponse(200, xml.finish());
}

Task<http::Response> getBucketAcl(Context context) {
  Xml xml("AccessControlPolicy");
  addOwner(xml, context.asked.identity.accountId);
  xml.open("AccessControlList");
  xml.add("Grant", "private");
  xml.close("AccessControlList");
  co_return xmlResponse(200, xml.finish());
}

}  // namespace openfc::oss
