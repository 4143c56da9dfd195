#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

struct sqlite3_stmt;

namespace deepmine {

class Database;

/// A value of the store: null, integer, real or text.
using Value = std::variant<std::monostate, std::int64_t, double, std::string>;

/// A value for people, a real to `decimals`, or -1 for as many as it has.
std::string text_of(const Value& value, std::string_view null, int decimals = -1);

/// A text, or several with commas between them, as SQL has them: for what cannot be bound, and for queries that readers
/// copy.
std::string sql_text(std::string_view text);
std::string sql_text(const std::vector<std::string>& texts);

/// A compiled SQL statement of a `Database`, which outlives it.
class Statement {
 public:
  Statement(Database& database, std::string_view sql);
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;

  /// Binds the parameters ?1, ?2, ... in order. NaN throws `Error`: SQLite would store NULL.
  template <typename... Values>
  Statement& bind(const Values&... values) {
    int position = 0;
    (set(++position, values), ...);
    return *this;
  }
  void set(int position, std::nullopt_t);
  void set(int position, std::int64_t value);
  void set(int position, int value) { set(position, std::int64_t{value}); }
  void set(int position, bool value) { set(position, std::int64_t{value}); }
  void set(int position, double value);
  void set(int position, std::string_view value);
  void set(int position, const std::string& value) { set(position, std::string_view(value)); }
  void set(int position, const char* value) { set(position, std::string_view(value)); }
  void set(int position, const Value& value);
  template <typename T>
  void set(int position, const std::optional<T>& value) {
    value ? set(position, *value) : set(position, std::nullopt);
  }

  /// Moves to the next row; false after the last one.
  bool step();
  /// Runs a statement that gives no rows and makes it ready for the next parameters.
  void run();
  void reset();

  /// Columns of the present row, from 0.
  std::size_t columns() const;
  std::string name(std::size_t column) const;
  bool is_null(std::size_t column) const;
  std::int64_t integer(std::size_t column) const;
  double real(std::size_t column) const;
  std::string text(std::size_t column) const;
  Value value(std::size_t column) const;
  std::optional<double> optional_real(std::size_t column) const;
  std::optional<std::string> optional_text(std::size_t column) const;

 private:
  void check(int code) const;

  Database* database_;
  sqlite3_stmt* handle_ = nullptr;
};

}  // namespace deepmine
