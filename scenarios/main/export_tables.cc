#include "scenarios/main/export_tables.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "results/run_folder.h"

namespace meshtwin {
namespace {

namespace fs = std::filesystem;

void export_table(Statement& statement, RowFormat format, const fs::path& path) {
  const fs::path part = path.string() + ".part";
  errno = 0;
  std::ofstream file(part, std::ios::binary | std::ios::trunc);
  const auto fail = [&path] {
    throw ResultsError(path.string() +
                       ": cannot write file: " + (errno == 0 ? "input/output error" : std::strerror(errno)));
  };
  if (!file) fail();
  try {
    write_rows(statement, format,
               [&file](std::string_view text) { file.write(text.data(), static_cast<std::streamsize>(text.size())); });
  } catch (const SqlError&) {
    fs::remove(part);
    throw;
  }
  file.close();
  if (!file) fail();
  fs::rename(part, path);
}

}  // namespace

std::vector<std::string> export_tables(const std::vector<StoreFile>& stores, RowFormat format,
                                       const std::string& ending, const std::string& out) {
  StoreQuery query(stores);
  std::vector<std::string> files;
  for (const StoreFile& store : stores) {
    const fs::path folder = fs::path(out) / store.world;
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) throw ResultsError(folder.string() + ": cannot create folder: " + error.message());
    for (const StoreTable& table : query.tables(store.world)) {
      if (table.view) continue;
      const fs::path path = folder / (table.name + '.' + ending);
      Statement all = query.prepare("SELECT * FROM " + store.world + '.' + table.name);
      export_table(all, format, path);
      files.push_back(path.string());
    }
  }
  return files;
}

}  // namespace meshtwin
