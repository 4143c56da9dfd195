#include "framework/detect/softmax.h"

#include "framework/core/error.h"

namespace deepmine {

torch::Tensor finite_logits(const torch::Tensor& logits) {
  ensure(torch::isfinite(logits).all().item<bool>(), "expected finite logits, found NaN or infinity");
  return logits.to(torch::kFloat64);
}

torch::Tensor softmax_rest(const torch::Tensor& logits, double temperature) {
  ensure(logits.size(1) >= 2, "expected logits of two classes or more, found {}", logits.size(1));
  const torch::Tensor z = finite_logits(logits);
  const auto [highest, place] = z.max(1, true);
  const torch::Tensor others = ((z - highest) / temperature).exp().scatter(1, place, 0).sum(1);
  return others / (1 + others);
}

}  // namespace deepmine
