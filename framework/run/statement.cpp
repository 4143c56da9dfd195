#include "framework/run/statement.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cmath>
#include <utility>

#include "framework/core/error.h"
#include "framework/run/database.h"

namespace deepmine {

std::string text_of(const Value& value, std::string_view null, int decimals) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* real = std::get_if<double>(&value)) {
    return decimals < 0 ? fmt::format("{}", *real) : fmt::format("{:.{}f}", *real, decimals);
  }
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
  return std::string(null);
}

std::string sql_text(std::string_view text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("''") : std::string(1, c);
  return result + "'";
}

std::string sql_text(const std::vector<std::string>& texts) {
  std::string result;
  for (const std::string& text : texts) result += (result.empty() ? "" : ", ") + sql_text(text);
  return result;
}

Statement::Statement(Database& database, std::string_view sql) : database_(&database) {
  check(sqlite3_prepare_v2(database.handle(), sql.data(), static_cast<int>(sql.size()), &handle_,
                           nullptr));
}

Statement::~Statement() { sqlite3_finalize(handle_); }

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_), handle_(std::exchange(other.handle_, nullptr)) {}

void Statement::check(int code) const {
  if (code != SQLITE_OK) database_->fail_with(code);
}

void Statement::set(int position, std::nullopt_t) { check(sqlite3_bind_null(handle_, position)); }

void Statement::set(int position, std::int64_t value) {
  check(sqlite3_bind_int64(handle_, position, value));
}

void Statement::set(int position, double value) {
  ensure(
      !std::isnan(value),
      "{}: expected a number for value {} of a row, found NaN, which SQLite would turn into NULL; "
      "look for a division by zero or NaN among the activations in what was measured",
      database_->path().string(), position);
  check(sqlite3_bind_double(handle_, position, value));
}

void Statement::set(int position, std::string_view value) {
  check(sqlite3_bind_text64(handle_, position, value.data() == nullptr ? "" : value.data(),
                            value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::set(int position, const Value& value) {
  struct Visitor {
    Statement& statement;
    int position;
    void operator()(std::monostate) const { statement.set(position, std::nullopt); }
    void operator()(std::int64_t v) const { statement.set(position, v); }
    void operator()(double v) const { statement.set(position, v); }
    void operator()(const std::string& v) const { statement.set(position, std::string_view(v)); }
  };
  std::visit(Visitor{*this, position}, value);
}

bool Statement::step() {
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  database_->fail_with(code);
}

void Statement::run() {
  while (step()) {
  }
  reset();
}

void Statement::reset() {
  sqlite3_reset(handle_);  // repeats the error of the last step, which has been thrown already
  sqlite3_clear_bindings(handle_);
}

std::size_t Statement::columns() const {
  return static_cast<std::size_t>(sqlite3_column_count(handle_));
}

std::string Statement::name(std::size_t column) const {
  return sqlite3_column_name(handle_, static_cast<int>(column));
}

bool Statement::is_null(std::size_t column) const {
  return sqlite3_column_type(handle_, static_cast<int>(column)) == SQLITE_NULL;
}

std::int64_t Statement::integer(std::size_t column) const {
  return sqlite3_column_int64(handle_, static_cast<int>(column));
}

double Statement::real(std::size_t column) const {
  return sqlite3_column_double(handle_, static_cast<int>(column));
}

std::string Statement::text(std::size_t column) const {
  const int i = static_cast<int>(column);
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(handle_, i));
  return bytes == nullptr
             ? std::string()
             : std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle_, i)));
}

Value Statement::value(std::size_t column) const {
  switch (sqlite3_column_type(handle_, static_cast<int>(column))) {
    case SQLITE_NULL:
      return {};
    case SQLITE_INTEGER:
      return integer(column);
    case SQLITE_FLOAT:
      return real(column);
    default:
      return text(column);
  }
}

std::optional<double> Statement::optional_real(std::size_t column) const {
  return is_null(column) ? std::nullopt : std::optional(real(column));
}

std::optional<std::string> Statement::optional_text(std::size_t column) const {
  return is_null(column) ? std::nullopt : std::optional(text(column));
}

}  // namespace deepmine
