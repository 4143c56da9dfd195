#pragma once

#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "framework/core/error.h"
#include "framework/core/spec.h"

namespace deepmine {

/// What `list` and `describe` tell of a registered thing.
struct Description {
  struct Option {
    std::string name, type, unit, value, text, source;  ///< `value` is the default
  };
  std::string name;
  std::string title;
  std::vector<Option> options;
  Presets presets = {};

  bool has_option(std::string_view key) const {
    return std::any_of(options.begin(), options.end(), [&](const Option& option) { return option.name == key; });
  }
};

/// Whether options have defaults that follow from others: `void complete(const std::map<std::string, std::string>&
/// given)` sets those that are not among the keys given.
template <typename Options, typename = void>
struct Completes : std::false_type {};
template <typename Options>
struct Completes<Options, std::void_t<decltype(&Options::complete)>> : std::true_type {};

/// Options read from a spec, defaults that follow from others as these are.
template <typename Options>
Options completed_options(const Spec& spec) {
  Options options = parse_options<Options>(spec);
  if constexpr (Completes<Options>::value) options.complete(with_preset(spec, PresetsOf<Options>::list()));
  return options;
}

/// All implementations of `Interface` that the program was linked with, by name. Files register
/// themselves: a class with a nested `Options` (a plain struct with `void describe(Fields&)`) and a
/// constructor from it needs one line, `DEEPMINE_ATTACK(Bim, "bim", "Basic Iterative Method")`.
///
/// `Interface::kKind` names the kind in messages ("attack").
template <typename Interface>
class Registry {
 public:
  struct Entry {
    std::string title;
    std::string file;
    std::function<std::unique_ptr<Interface>(const Spec&)> make;
    std::function<std::string(const Spec&)> canonical;
    std::function<Description()> describe;
  };

  static Registry& instance() {
    static Registry registry;
    return registry;
  }

  template <typename Implementation>
  bool add(std::string name, std::string title, std::string file = {}) {
    using Options = typename Implementation::Options;
    Entry entry;
    entry.title = title;
    entry.file = std::move(file);
    entry.make = [](const Spec& spec) {
      return std::make_unique<Implementation>(completed_options<Options>(spec));
    };
    entry.canonical = [](const Spec& spec) {
      return canonical_text(spec.name, completed_options<Options>(spec));
    };
    entry.describe = [name, title] { return describe_options<Options>(name, title); };
    return entries_.emplace(std::move(name), std::move(entry)).second;
  }

  /// The object `spec` asks for. Throws `Error` on unknown names and keys, listing the known ones.
  std::unique_ptr<Interface> make(const Spec& spec) const { return find(spec.name).make(spec); }
  /// `spec` with every option written out.
  std::string canonical(const Spec& spec) const { return find(spec.name).canonical(spec); }
  Description describe(std::string_view name) const { return find(name).describe(); }
  /// The files that register what `spec` names, and the specs of this kind that its options hold in brackets.
  std::set<std::string> files(const Spec& spec) const {
    std::set<std::string> result{find(spec.name).file};
    for (const auto& [key, value] : Spec::parse(canonical(spec)).values) {
      if (value.empty() || value.front() != '[') continue;
      for (const Spec& inner : parse_specs(value)) {
        if (contains(inner.name)) result.merge(files(inner));
      }
    }
    return result;
  }
  bool contains(std::string_view name) const { return entries_.count(std::string(name)) > 0; }

  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const auto& [name, entry] : entries_) result.push_back(name);
    return result;
  }

 private:
  const Entry& find(std::string_view name) const {
    const auto entry = entries_.find(std::string(name));
    ensure(entry != entries_.end(), "unknown {} \"{}\"; known: {}", Interface::kKind, name,
           fmt::join(names(), ", "));
    return entry->second;
  }

  template <typename Options>
  static Description describe_options(const std::string& name, const std::string& title) {
    Options options;
    Fields fields;
    options.describe(fields);
    Description result{name, title, {}, PresetsOf<Options>::list()};
    for (const Field& f : fields.list()) {
      result.options.push_back({f.name, f.type(), f.unit, f.value(), f.text, f.source});
    }
    return result;
  }

  std::map<std::string, Entry> entries_;
};

/// For kinds that take no options.
struct NoOptions {
  void describe(Fields&) {}
};

}  // namespace deepmine

/// Registers `Implementation` under `name` before `main` starts.
#define DEEPMINE_REGISTER(Interface, Implementation, name, title)                      \
  [[maybe_unused]] static const bool Implementation##_registered =                     \
      ::deepmine::Registry<Interface>::instance().template add<Implementation>(name, title, __FILE__)
