#include <fmt/format.h>

#include "results/present/blocks.h"
#include "results/present/numbers.h"
#include "results/present/table.h"

namespace meshtwin {
namespace {

std::string world_text(const Summary& run) {
  return run.world == "sim" ? "modelled" : "real";
}

Table::Cell mark_of(const Verdict& verdict, const Style& style) {
  if (verdict.pass) return {style.unicode ? "✓" : "pass", Paint::good};
  return {style.unicode ? "✗" : "FAIL", Paint::bad};
}

}  // namespace

std::string title_block(const Worlds& worlds, const Style& style) {
  const Summary& run = *worlds.front();
  const std::string between = fmt::format(" {} ", dot(style));
  const std::string world = worlds.size() == 1 ? world_text(run) : "modelled and real";
  std::string text = "  " + painted(run.scenario, Paint::bold, style) + between + world;
  text += fmt::format("{}seed {}{}{} s", between, run.seed, between, show_seconds(run.duration));
  for (const Summary* one : worlds) {
    text += between + painted(fmt::format("{} {:016x}", one->world, one->fingerprint), Paint::dim, style);
  }
  text += '\n';
  if (worlds.size() == 2 && worlds[0]->arrivals != worlds[1]->arrivals) {
    text += "  The two worlds were not asked for the same requests at the same times.\n";
  }
  return text;
}

std::string title_block(const Comparison& comparison, const Style& style) {
  const std::string between = fmt::format(" {} ", dot(style));
  return fmt::format("  {}{}modelled and real{}{} repeats, seeds {} to {}\n",
                     painted(comparison.scenario, Paint::bold, style), between, between, comparison.seeds.size(),
                     comparison.seeds.front(), comparison.seeds.back());
}

std::string validity_block(const Comparison& comparison, const Style& style) {
  std::string text;
  for (const std::string& reason : comparison.invalid_reasons) {
    text += "  " + painted("run INVALID", Paint::bad, style) + ": " + reason + '\n';
  }
  return text;
}

std::string validity_block(const Worlds& worlds, const Style& style) {
  std::string text;
  for (const Summary* run : worlds) {
    for (const std::string& reason : run->invalid_reasons) {
      text += "  " + painted(run->world + " run INVALID", Paint::bad, style) + ": " + reason + '\n';
    }
  }
  return text;
}

std::string expectation_block(const Worlds& worlds, const Style& style) {
  const std::vector<Verdict>& first = worlds.front()->expectations;
  // In one world alone; beside both, the comparison answers for them.
  std::string unjudged;
  for (const Verdict& verdict : worlds.front()->unjudged) {
    if (worlds.size() == 1) unjudged += fmt::format("  {}: not judged: {}\n", verdict.text, verdict.why);
  }
  if (first.empty()) return unjudged;
  std::vector<std::size_t> gaps = {0};
  std::vector<std::string> titles = {"expected"};
  for (const Summary* run : worlds) {
    gaps.insert(gaps.end(), {3, 1});
    titles.insert(titles.end(), {run->world, ""});
  }
  Table table(gaps, 1);
  std::size_t room = style.width > 20 + 17 * worlds.size() ? style.width - 17 * worlds.size() : 20;
  table.limit_names(room);
  table.head(titles);
  std::string reasons;
  for (std::size_t i = 0; i < first.size(); ++i) {
    std::vector<Table::Cell> cells = {first[i].text};
    for (const Summary* run : worlds) {
      if (i >= run->expectations.size()) continue;
      const Verdict& verdict = run->expectations[i];
      cells.emplace_back(verdict.shown);
      cells.push_back(mark_of(verdict, style));
      if (!verdict.why.empty()) reasons += fmt::format("  {}: {}: {}\n", run->world, verdict.text, verdict.why);
    }
    table.row(std::move(cells));
  }
  return table.text(style) + reasons + unjudged;
}

std::string model_expectation_block(const Comparison& comparison, const Style& style) {
  if (comparison.expectations.empty()) return "";
  Table table({0, 3, 1}, 1);
  table.limit_names(style.width > 60 ? style.width - 40 : 20);
  table.head({"expected of the model", "", ""});
  std::string reasons;
  for (const ModelVerdict& judged : comparison.expectations) {
    table.row({judged.verdict.text, judged.verdict.shown, mark_of(judged.verdict, style)});
    if (!judged.verdict.why.empty()) reasons += fmt::format("  {}: {}\n", judged.verdict.text, judged.verdict.why);
  }
  return table.text(style) + reasons;
}

}  // namespace meshtwin
