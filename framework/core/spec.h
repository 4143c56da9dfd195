#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace deepmine {

/// `name` or `name:key=value,key=value`: how users, files and the store name a thing with options. A value that begins
/// with `[` reaches to its `]`, commas included: it may hold specs with options of their own.
struct Spec {
  std::string name;
  std::map<std::string, std::string> values;

  /// Throws `Error` for an empty name, a piece without `=`, a key given twice, or a value whose `[` has no `]`.
  static Spec parse(std::string_view text);
  /// The text again, keys in order.
  std::string text() const;
};

/// The specs of a list: `fgsm+bim:steps=3,epsilon=0.1`, all of it in brackets or not; none of an empty text. A + within
/// brackets, or before a digit (`1e+3`), is part of a spec. Throws `Error` as `Spec::parse` does.
std::vector<Spec> parse_specs(std::string_view list);

/// Bounds of a number; open ends exclude the bound itself.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = false;
  bool high_open = false;
};

/// One option of a dataset, network, attack, detector or experiment.
struct Field {
  using Target = std::variant<double*, std::int64_t*, bool*, std::string*>;
  std::string name;
  Target target;
  std::string unit;                  ///< "pixel units of [0,1]", "steps"; empty for none
  std::string text;                  ///< what it does
  std::string source;                ///< where the default comes from
  Range range = {};                  ///< numbers only
  std::vector<std::string> choices = {};  ///< texts only; empty for any text

  std::string type() const;
  /// The present value, so that parsing it gives the same value again.
  std::string value() const;
  /// Throws `Error` naming the field, what is allowed and what was found.
  void assign(std::string_view value) const;
};

/// The options of one object, each bound to a member of a plain struct:
///
///     struct Options {
///       double epsilon = 0.3;
///       void describe(Fields& fields) {
///         fields.add({"epsilon", &epsilon, "pixel units of [0,1]", "largest change", "paper, eq. 3",
///                     {0, 1}});
///       }
///     };
///
/// Parsing, help and the canonical text all come from this one list.
class Fields {
 public:
  void add(Field field) { list_.push_back(std::move(field)); }
  const std::vector<Field>& list() const { return list_; }
  /// Sets the members named in `values`; throws `Error` on an unknown key, listing the known ones.
  /// `owner` is for the message.
  void assign(const std::map<std::string, std::string>& values, std::string_view owner) const;
  /// Every option with its present value, keys in order.
  std::map<std::string, std::string> values() const;

 private:
  std::vector<Field> list_;
};

/// Values for several options at once, after some source: `cw:preset=cleverhans`. Keys given beside it win.
struct Preset {
  std::string name;
  std::string source;
  std::map<std::string, std::string> values;
};
using Presets = std::vector<Preset>;

/// The presets of options that have any, `static Presets presets()`.
template <typename Options, typename = void>
struct PresetsOf {
  static Presets list() { return {}; }
};
template <typename Options>
struct PresetsOf<Options, std::void_t<decltype(Options::presets())>> {
  static Presets list() { return Options::presets(); }
};

/// The values of `spec`, its preset's filled in. Throws `Error` for an unknown preset, listing the known ones.
std::map<std::string, std::string> with_preset(const Spec& spec, const Presets& presets);

/// The canonical text of a spec: all options written out, keys in order, values normalised.
template <typename Options>
std::string canonical_text(std::string_view name, Options options) {
  Fields fields;
  options.describe(fields);
  return Spec{std::string(name), fields.values()}.text();
}

/// Options whose values depend on one another, or have a canonical form of their own, are brought into it by their
/// `void settle()` once all are read. It throws `Error`.
template <typename Options, typename = void>
struct Settling {
  static void settle(Options&) {}
};
template <typename Options>
struct Settling<Options, std::void_t<decltype(std::declval<Options&>().settle())>> {
  static void settle(Options& options) { options.settle(); }
};

/// Options read from a spec over their defaults.
template <typename Options>
Options parse_options(const Spec& spec) {
  Options options;
  Fields fields;
  options.describe(fields);
  fields.assign(with_preset(spec, PresetsOf<Options>::list()), spec.name);
  Settling<Options>::settle(options);
  return options;
}

/// The number `text` spells, all of it; a real one may be a fraction, 8/255. Throws `Error` naming `name`.
double parse_real(std::string_view text, std::string_view name);
std::int64_t parse_integer(std::string_view text, std::string_view name);

}  // namespace deepmine
