# Operations of oneDNN, which not every build of the engine has. As operations.py, in the form in which TorchScript stores
# a module's code.
class OneDnn(Module):
  # x [rows, in], weight [out, in], both float32 -> [rows, out]
  def linear(self: __torch__.OneDnn, x: Tensor, weight: Tensor) -> Tensor:
    return ops.mkldnn._linear_pointwise(x, weight, None, "none", annotate(List[Optional[number]], []), None)
