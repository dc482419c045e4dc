#include "mesh/workload/duration_model.h"

namespace meshtwin {
namespace {

double draw_histogram(const std::vector<DurationModel::Bin>& bins, RandomStream& random) {
  double left = random.uniform();
  Duration low = 0;
  for (std::size_t i = 0; i < bins.size(); ++i) {
    const DurationModel::Bin& bin = bins[i];
    if (left < bin.share || i + 1 == bins.size()) {
      const double within = bin.share > 0 ? (left < bin.share ? left / bin.share : 1.0) : 0.0;
      return static_cast<double>(low) + within * static_cast<double>(bin.upto - low);
    }
    left -= bin.share;
    low = bin.upto;
  }
  return 0;
}

}  // namespace

Duration draw(const DurationModel& model, RandomStream& random) {
  const auto a = static_cast<double>(model.a);
  double value = 0;
  switch (model.kind) {
    case DurationModel::Kind::constant:
      return model.a > 0 ? model.a : 0;
    case DurationModel::Kind::uniform:
      value = a + random.uniform() * static_cast<double>(model.b - model.a);
      break;
    case DurationModel::Kind::exponential:
      value = random.exponential(a);
      break;
    case DurationModel::Kind::lognormal:
      value = random.lognormal(a, model.sigma);
      break;
    case DurationModel::Kind::histogram:
      value = draw_histogram(model.bins, random);
      break;
  }
  return value > 0 ? static_cast<Duration>(value + 0.5) : 0;
}

double mean_of(const DurationModel& model) {
  const auto a = static_cast<double>(model.a);
  switch (model.kind) {
    case DurationModel::Kind::constant:
    case DurationModel::Kind::exponential:
      return a;
    case DurationModel::Kind::uniform:
      return (a + static_cast<double>(model.b)) / 2;
    case DurationModel::Kind::lognormal:
      return a * portable_exp(model.sigma * model.sigma / 2);
    case DurationModel::Kind::histogram:
      break;
  }
  double mean = 0;
  Duration low = 0;
  for (const DurationModel::Bin& bin : model.bins) {
    mean += bin.share * static_cast<double>(low + bin.upto) / 2;
    low = bin.upto;
  }
  return mean;
}

}  // namespace meshtwin
