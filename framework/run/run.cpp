#include "framework/run/run.h"

#include <fmt/format.h>

#include <stdexcept>

#include "framework/core/error.h"
#include "framework/core/interrupt.h"
#include "framework/run/result_store.h"

namespace deepmine {
namespace {

/// A unit may have taken hours: while it is written, a signal does not end the wait for another writer.
class Insisting {
 public:
  explicit Insisting(Database& database) : database_(database) { database_.insist(true); }
  ~Insisting() { database_.insist(false); }
  Insisting(const Insisting&) = delete;
  Insisting& operator=(const Insisting&) = delete;

 private:
  Database& database_;
};

}  // namespace

bool Run::finished() const {
  Statement query = store_.database().prepare("SELECT status = 'finished' FROM run WHERE uid = ?1");
  return query.bind(uid_).step() && query.integer(0) != 0;
}

bool Run::unit_done(std::string_view name) const {
  Statement query = store_.database().prepare("SELECT 1 FROM unit WHERE run = ?1 AND name = ?2");
  return query.bind(uid_, name).step();
}

bool Run::wants(std::string_view name) const { return share_.has(name) && !unit_done(name); }

bool Run::write_unit(std::string_view name, const std::function<void(UnitWriter&)>& write) {
  const Insisting insisting(store_.database());
  StoreTransaction transaction(store_);
  if (unit_done(name)) return false;
  if (finished()) {
    throw std::logic_error(fmt::format("run {} is finished and gets no unit {}", uid_, name));
  }
  UnitWriter writer(store_.database(), uid_);
  write(writer);
  store_.database()
      .cached(
          "INSERT INTO unit (run, name, finished)"
          " VALUES (?1, ?2, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))")
      .bind(uid_, name)
      .run();
  heartbeat();
  transaction.commit();
  store_.tell_unit_written();
  return true;
}

void Run::execute(const std::function<void()>& work) {
  try {
    work();
  } catch (const Interrupted&) {
    interrupt();
    throw;
  } catch (const std::exception& error) {
    try {
      fail(error.what());
    } catch (const std::exception&) {
      // The store has a problem too, often the same one: what stopped the work is what the user is told.
    }
    throw;
  }
  share_.whole() ? finish() : interrupt();
}

void Run::heartbeat() {
  store_.database()
      .cached("UPDATE run SET heartbeat = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE uid = ?1")
      .bind(uid_)
      .run();
}

void Run::finish() { set_status("finished"); }

void Run::fail(std::string_view error) { set_status("failed", error); }

void Run::interrupt() { set_status("interrupted"); }

void Run::set_status(std::string_view status, std::string_view error) {
  StoreTransaction transaction(store_);
  store_.database()
      .cached(
          "UPDATE run SET status = ?2, error = nullif(?3, ''),"
          " finished = CASE ?2 WHEN 'finished' THEN strftime('%Y-%m-%dT%H:%M:%fZ', 'now') END"
          " WHERE uid = ?1 AND status <> 'finished'")
      .bind(uid_, status, error)
      .run();
  heartbeat();
  transaction.commit();
}

}  // namespace deepmine
