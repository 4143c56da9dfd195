#include "framework/app/sweep.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "framework/attack/attack.h"
#include "framework/core/error.h"
#include "framework/detect/detector.h"

namespace deepmine {
namespace {

/// The option's value among the settings, or its default.
std::string value_of(const Settings& settings, const Description& experiment, const std::string& key) {
  if (const auto found = settings.find(key); found != settings.end()) return found->second;
  for (const auto& option : experiment.options) {
    if (option.name == key) return option.value;
  }
  return {};
}

/// Whether the detector or attack that `spec` names has an option `key`.
bool part_has_option(const std::string& part, const Spec& spec, const std::string& key) {
  if (part == "detector") return Registry<Detector>::instance().describe(spec.name).has_option(key);
  return Registry<Attack>::instance().describe(spec.name).has_option(key);
}

bool all_numbers(const std::vector<std::string>& values) {
  return std::all_of(values.begin(), values.end(), [](const std::string& value) {
    double number = 0;
    const auto [stop, status] = std::from_chars(value.data(), value.data() + value.size(), number);
    return status == std::errc{} && stop == value.data() + value.size();
  });
}

/// The groups of the headlines in order of appearance.
std::vector<std::string> groups_of(const SweepPoint& point) {
  std::vector<std::string> groups;
  for (const Headline& headline : point.headlines) {
    if (std::find(groups.begin(), groups.end(), headline.group) == groups.end()) groups.push_back(headline.group);
  }
  return groups;
}

/// One curve: the points that agree in all options but the first, and one headline of theirs.
struct Curve {
  std::string label;
  std::vector<std::pair<std::string, double>> points;
};

std::vector<Curve> curves_of(const std::vector<SweepPoint>& points, const std::string& group) {
  std::vector<Curve> curves;
  for (const SweepPoint& point : points) {
    const std::vector<std::string> others(point.values.begin() + 1, point.values.end());
    for (const Headline& headline : point.headlines) {
      if (headline.group != group) continue;
      const std::string label =
          others.empty() ? headline.name : fmt::format("{}, {}", headline.name, fmt::join(others, ", "));
      auto curve = std::find_if(curves.begin(), curves.end(), [&](const Curve& c) { return c.label == label; });
      if (curve == curves.end()) curve = curves.insert(curves.end(), Curve{label, {}});
      curve->points.emplace_back(point.values[0], headline.value);
    }
  }
  return curves;
}

/// A panel; texts stand at equal distances along the axis, numbers where they belong.
std::string panel(const std::string& group, const std::vector<Curve>& curves, const SweptOption& option,
                  std::size_t number) {
  const bool numbers = all_numbers(option.values);
  const auto place = [&](const std::string& value) {
    const auto found = std::find(option.values.begin(), option.values.end(), value);
    return numbers ? value : std::to_string(found - option.values.begin());
  };
  std::string program, plot, tics;
  for (std::size_t i = 0; i < curves.size(); ++i) {
    program += fmt::format("$c{}_{} << EOD\n", number, i);
    for (const auto& [x, y] : curves[i].points) program += fmt::format("{} {}\n", place(x), y);
    program += "EOD\n";
    plot += fmt::format("{}$c{}_{} with linespoints lw 2 pt 7 ps 0.6 lc rgb '{}' title {}",
                        i > 0 ? ", \\\n  " : "plot ", number, i, colour(i), quoted(curves[i].label));
  }
  for (const std::string& value : option.values) {
    tics += fmt::format("{}{} {}", tics.empty() ? "" : ", ", quoted(value), place(value));
  }
  return program + fmt::format("set title {}\nset xlabel {}\nset xtics ({})\nset yrange [0:1.02]\n{}\n", quoted(group),
                               quoted(option.key), tics, plot);
}

}  // namespace

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> pieces;
  std::size_t begin = 0;
  for (std::size_t end = 0; end != std::string::npos; begin = end + 1) {
    end = text.find(separator, begin);
    pieces.push_back(text.substr(begin, end == std::string::npos ? end : end - begin));
  }
  return pieces;
}

SweptOption SweptOption::parse(const std::string& text) {
  const std::size_t equals = text.find('=');
  ensure(equals != std::string::npos && equals > 0, "--sweep: expected KEY=VALUE,VALUE, found \"{}\"", text);
  const std::string values = text.substr(equals + 1);
  SweptOption option{text.substr(0, equals), split(values, values.find(';') == std::string::npos ? ',' : ';')};
  const std::set<std::string> different(option.values.begin(), option.values.end());
  ensure(
      option.values.size() >= 2 && different.size() == option.values.size() && different.count("") == 0,
      "--sweep: expected two or more different values of {}, found \"{}\"; with commas in a value separate them by ;",
      option.key, values);
  return option;
}

Settings with_option(Settings settings, const std::string& experiment, const std::string& key,
                     const std::string& value) {
  const Description thing = Registry<Experiment>::instance().describe(experiment);
  if (thing.has_option(key)) {
    settings[key] = value;
    return settings;
  }
  const std::size_t dot = key.find('.');
  const std::string inner = dot == std::string::npos ? key : key.substr(dot + 1);
  for (const std::string part : {"detector", "attack"}) {
    if ((dot != std::string::npos && key.substr(0, dot) != part) || !thing.has_option(part)) continue;
    Spec spec = Spec::parse(value_of(settings, thing, part));
    if (!part_has_option(part, spec, inner)) continue;
    spec.values[inner] = value;
    settings[part] = spec.text();
    return settings;
  }
  fail("--sweep: expected an option of {}, or of its detector or attack, found \"{}\"; see deepmine describe {}",
       experiment, key, experiment);
}

std::vector<std::vector<std::string>> combinations(const std::vector<SweptOption>& options) {
  std::vector<std::vector<std::string>> result{{}};
  for (const SweptOption& option : options) {
    std::vector<std::vector<std::string>> longer;
    for (const auto& start : result) {
      for (const std::string& value : option.values) {
        longer.push_back(start);
        longer.back().push_back(value);
      }
    }
    result = std::move(longer);
  }
  return result;
}

Table sweep_table(const std::vector<SweptOption>& options, const std::vector<SweepPoint>& points) {
  ensure(!points.empty() && !points[0].headlines.empty(),
         "--sweep: this experiment has no numbers that stand for a run");
  Table table;
  for (const SweptOption& option : options) {
    table.title += (table.title.empty() ? "" : " and ") + option.key;
    table.columns.push_back({option.key});
  }
  for (const Headline& headline : points[0].headlines) {
    table.columns.push_back({headline.group + " " + headline.name, 3});
  }
  table.columns.push_back({"run"});
  for (const SweepPoint& point : points) {
    std::vector<Value> row(point.values.begin(), point.values.end());
    for (const Headline& expected : points[0].headlines) {
      const auto found = std::find_if(point.headlines.begin(), point.headlines.end(), [&](const Headline& h) {
        return h.group == expected.group && h.name == expected.name;
      });
      row.emplace_back();
      if (found != point.headlines.end()) row.back().emplace<double>(found->value);
    }
    row.emplace_back(point.run);
    table.rows.push_back(std::move(row));
  }
  return table;
}

Figure sweep_figure(const std::vector<SweptOption>& options, const std::vector<SweepPoint>& points) {
  const std::vector<std::string> groups = groups_of(points.at(0));
  Figure figure{"sweep", "What " + options[0].key + " changes",
                static_cast<int>(420 * std::max<std::size_t>(1, groups.size())), 460, {}};
  figure.program =
      fmt::format("set multiplot layout 1,{}\nset key below horizontal samplen 2\nset grid ytics lc rgb '#dddddd'\n",
                  groups.size());
  for (std::size_t i = 0; i < groups.size(); ++i) {
    figure.program += panel(groups[i], curves_of(points, groups[i]), options[0], i);
  }
  figure.program += "unset multiplot\n";
  return figure;
}

}  // namespace deepmine
