#include "results/store_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "results/sql_rows.h"
#include "results/store_writer.h"
#include "tests/unit/results/made_up_run.h"

namespace meshtwin {
namespace {

namespace fs = std::filesystem;
using Kind = QueryMistake::Kind;

class StoreQueryTest : public ::testing::Test {
 protected:
  StoreQueryTest() {
    std::string pattern = (fs::temp_directory_path() / "meshtwin-query-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp " + pattern);
    folder_ = pattern;
    for (const char* world : {"sim", "emu"}) {
      StoreWriter writer(path(world), two_zone_subject(), {});
      fill_ten_requests(writer);
      if (world == std::string("emu")) writer.request(request(10, 0, kSecond));
    }
  }
  ~StoreQueryTest() override { fs::remove_all(folder_); }

  std::string path(const std::string& world) const { return folder_ + "/" + world + ".sqlite"; }
  std::vector<StoreFile> one() const { return {{"sim", path("sim")}}; }
  std::vector<StoreFile> both() const { return {{"sim", path("sim")}, {"emu", path("emu")}}; }

  static std::string answer(StoreQuery& query, const std::string& question) {
    Statement statement = query.prepare(question);
    std::string text;
    write_rows(statement, RowFormat::csv, [&text](std::string_view piece) { text += piece; });
    return text.substr(text.find('\n') + 1);
  }

  static QueryMistake mistake(StoreQuery& query, const std::string& question) {
    try {
      query.prepare(question);
    } catch (const QueryMistake& mistake) {
      return mistake;
    }
    ADD_FAILURE() << "no mistake: " << question;
    return {Kind::other, "", "", -1};
  }

  std::string folder_;
};

TEST_F(StoreQueryTest, APlainNameIsTheOnlyWorlds) {
  StoreQuery query(one());
  EXPECT_EQ(answer(query, "select count(*) from requests"), "10\n");
  EXPECT_EQ(answer(query, "select count(*) from sim.requests"), "10\n");
}

TEST_F(StoreQueryTest, OfTwoWorldsItIsRefusedWhereverItStands) {
  StoreQuery query(both());
  EXPECT_EQ(answer(query, "select count(*) from sim.requests s join emu.requests e using (load, number)"), "10\n");
  EXPECT_EQ(answer(query, "select (select count(*) from emu.requests) - (select count(*) from sim.requests)"), "1\n");
  EXPECT_EQ(answer(query, "select count(*) from emu.decisions"), "0\n") << "a view names its own tables plainly";
  for (const char* question :
       {"select count(*) from requests", "select status from requests", "select 1 from sim.pods, decisions",
        "select 1 from sim.pods where id in (select load from requests)",
        "with r as (select * from requests) select 1 from r"}) {
    EXPECT_EQ(mistake(query, question).kind(), Kind::ambiguous) << question;
  }
  EXPECT_EQ(answer(query, "with requests as (select * from emu.requests) select count(*) from requests"), "11\n");
}

TEST_F(StoreQueryTest, MistakesHaveTheirKindNameAndPlace) {
  StoreQuery query(one());
  const QueryMistake table = mistake(query, "select * from requets");
  EXPECT_EQ(table.kind(), Kind::no_table);
  EXPECT_EQ(table.name(), "requets");
  const QueryMistake column = mistake(query, "select statu from requests");
  EXPECT_EQ(column.kind(), Kind::no_column);
  EXPECT_EQ(column.name(), "statu");
  EXPECT_EQ(column.offset(), 7);
  EXPECT_EQ(mistake(query, "select from").kind(), Kind::other);
}

TEST_F(StoreQueryTest, NothingButReading) {
  StoreQuery query(one());
  for (const char* statement :
       {"delete from requests", "insert into loads values (1, 'x')", "create table t (x)",
        "create temp view v as select 1", "pragma journal_mode = delete", "pragma query_only = off", "attach 'x' as y",
        "detach sim", "vacuum", "reindex", "analyze", "begin"})
    EXPECT_EQ(mistake(query, statement).kind(), Kind::changes) << statement;
  EXPECT_EQ(answer(query, "select value from json_each('[4]')"), "4\n");
}

TEST_F(StoreQueryTest, PercentileIsByNearestRank) {
  StoreQuery query(one());
  const auto of = [&](const std::string& values, const std::string& share) {
    return answer(query, "select percentile(column1, " + share + ") from (values " + values + ")");
  };
  EXPECT_EQ(of("(3), (1), (2), (4)", "50"), "2\n");
  EXPECT_EQ(of("(3), (1), (2), (4)", "50.1"), "3\n");
  EXPECT_EQ(of("(3), (1), (2), (4)", "0"), "1\n");
  EXPECT_EQ(of("(3), (1), (2), (4)", "100"), "4\n");
  EXPECT_EQ(of("(3), (NULL), ('x'), (1.5)", "1"), "1.5\n") << "what is no number is no value";
  EXPECT_EQ(of("(NULL)", "50"), "\"\"\n") << "none: NULL";
  EXPECT_EQ(answer(query, "select status, percentile(latency_ns, 90) from requests group by status"),
            "0,5000000\n200,10000000\n");
}

TEST_F(StoreQueryTest, TablesAreListed) {
  StoreQuery query(both());
  const std::vector<StoreTable> tables = query.tables("emu");
  ASSERT_FALSE(tables.empty());
  EXPECT_EQ(tables.front().name, "meta");
  EXPECT_THAT(tables.front().columns, ::testing::ElementsAre("key", "value"));
  EXPECT_TRUE(tables.back().view);
  EXPECT_EQ(query.rows("emu", "requests"), 11u);
}

TEST_F(StoreQueryTest, RowsAsJson) {
  StoreQuery query(one());
  for (const bool lines : {false, true}) {
    Statement statement = query.prepare("select 1 as a, 'x' as a, NULL as b, 0.5 as c, x'0aff' as d");
    std::string text;
    write_rows(statement, lines ? RowFormat::jsonl : RowFormat::json, [&](std::string_view piece) { text += piece; });
    const std::string row = R"({"a":1,"a_2":"x","b":null,"c":0.5,"d":"0aff"})";
    EXPECT_EQ(text, lines ? row + "\n" : "[\n" + row + "\n]\n");
  }
  Statement none = query.prepare("select * from requests where 0");
  std::string text;
  write_rows(none, RowFormat::json, [&](std::string_view piece) { text += piece; });
  EXPECT_EQ(text, "[]\n");
}

TEST_F(StoreQueryTest, AFileThatIsNoneSaysSo) {
  EXPECT_THROW(StoreQuery({{"sim", folder_ + "/none.sqlite"}}), SqlError);
  EXPECT_THROW(StoreQuery({{"sim", folder_}}), SqlError);
}

}  // namespace
}  // namespace meshtwin
