#pragma once

#include "store/documents.h"

namespace openfc::store {

/// Nothing can be written because no space is left on the disk.
class StoreFull : public StoreError {
public:
  using StoreError::StoreError;
};

}  // namespace openfc::store
