// A clang-tidy plugin. Its one check finds nothing; it makes the others look at the project's
// declarations only. Without it they go through all that the headers of Boost and of the standard
// library declare, to have it thrown away: that is more than half of the time. The static analyser
// looks at all that is called, with it as without.

#include "clang-tidy/ClangTidyCheck.h"
#include "clang-tidy/ClangTidyModule.h"
#include "clang-tidy/ClangTidyModuleRegistry.h"
#include "clang/AST/ASTContext.h"
#include "clang/ASTMatchers/ASTMatchers.h"
#include "clang/Basic/SourceManager.h"

#include <vector>

namespace {

namespace tidy = clang::tidy;
namespace match = clang::ast_matchers;

class OwnCode : public tidy::ClangTidyCheck {
public:
  using ClangTidyCheck::ClangTidyCheck;

  /// The whole file is what is matched first: before its parts, which are then only those left
  /// here.
  void registerMatchers(match::MatchFinder* finder) override {
    finder->addMatcher(match::translationUnitDecl(), this);
  }

  void check(const match::MatchFinder::MatchResult& found) override {
    const clang::SourceManager& places = *found.SourceManager;
    std::vector<clang::Decl*> own;
    for (clang::Decl* each : found.Context->getTranslationUnitDecl()->decls()) {
      if (!places.isInSystemHeader(places.getExpansionLoc(each->getLocation())))
        own.push_back(each);
    }
    found.Context->setTraversalScope(own);
  }
};

class Module : public tidy::ClangTidyModule {
public:
  void addCheckFactories(tidy::ClangTidyCheckFactories& factories) override {
    factories.registerCheck<OwnCode>("openfc-own-code");
  }
};

const tidy::ClangTidyModuleRegistry::Add<Module> registered("openfc",
                                                            "looks at the project's code only");

}  // namespace
