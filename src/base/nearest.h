#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace openfc {

/// Which of the candidates somebody who typed `word` most likely meant; "" = none is like it.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

/// ", did you mean 'listen'?" or nothing: the end of a message about an unknown word.
std::string didYouMean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace openfc
