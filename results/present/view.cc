#include "results/present/view.h"

#include "results/present/blocks.h"

namespace meshtwin {
namespace {

std::string joined(const std::vector<std::string>& blocks) {
  std::string text;
  for (const std::string& block : blocks) {
    if (block.empty()) continue;
    if (!text.empty()) text += '\n';
    text += block;
  }
  return text;
}

}  // namespace

std::string view_of(const Summary& run, const Style& style) {
  const Worlds worlds = {&run};
  return joined({title_block(worlds, style), phase_block(run, style), share_block(worlds, style),
                 signal_block(worlds, style), fact_block(worlds, style), link_block(worlds, style),
                 chart_block(worlds, style), expectation_block(worlds, style), validity_block(worlds, style)});
}

std::string view_of(const Comparison& comparison, const Summary& sim, const Summary& emu, const Style& style,
                    bool model_error) {
  const Worlds worlds = {&sim, &emu};
  return joined({title_block(worlds, style), phase_block(comparison, worlds, style), distance_line(comparison, style),
                 model_error ? model_block(comparison, style) : "", share_block(worlds, style),
                 signal_block(worlds, style), fact_block(worlds, style), link_block(worlds, style),
                 chart_block(worlds, style), expectation_block(worlds, style),
                 model_expectation_block(comparison, style), validity_block(worlds, style)});
}

std::string view_of(const Comparison& comparison, const Style& style) {
  return joined({title_block(comparison, style), model_block(comparison, style),
                 model_expectation_block(comparison, style), validity_block(comparison, style)});
}

}  // namespace meshtwin
