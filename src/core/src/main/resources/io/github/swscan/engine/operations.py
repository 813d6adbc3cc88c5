# TorchScript: what the forward pass needs and the Java API of the engine lacks. Written in the form in which
# TorchScript stores a module's code, because the program packs this file, as it is, into a module archive at start.
# Numbers that stand for types: 6 = float32, 15 = bfloat16.
class Operations(Module):
  # Reads the bits of a half tensor as bfloat16; shares its memory.
  def as_bfloat16(self: __torch__.Operations, half: Tensor) -> Tensor:
    return torch.set_(torch.empty([0], dtype=15, layout=None, device=ops.prim.device(half)), half)

  def to_bfloat16(self: __torch__.Operations, x: Tensor) -> Tensor:
    return torch.to(x, 15)

  def to_float32(self: __torch__.Operations, x: Tensor) -> Tensor:
    return torch.to(x, 6)

  # Converts source into the first elements of the flat tensor target; gives back that part in the shape of source.
  def copy_into(self: __torch__.Operations, target: Tensor, source: Tensor) -> Tensor:
    part = torch.view_as(torch.slice(target, 0, 0, torch.numel(source)), source)
    return torch.copy_(part, source)

  # A copy of x, which is in the memory of the CPU, where place is. To a GPU it goes through memory that the device reads
  # by itself: once x is there, nobody waits.
  def copy_to(self: __torch__.Operations, x: Tensor, place: Tensor) -> Tensor:
    if ops.prim.is_cuda(place):
      source = torch.pin_memory(x)
    else:
      source = x
    return torch.to(source, ops.prim.device(place), ops.prim.dtype(x), True, True)

  # x [rows, in], weight [out, in] -> [rows, out], in the type of x
  def linear(self: __torch__.Operations, x: Tensor, weight: Tensor) -> Tensor:
    return torch.linear(x, torch.to(weight, ops.prim.dtype(x)))

  # Each row of x [rows, n] divided by its length, in the type of x
  def unit_rows(self: __torch__.Operations, x: Tensor) -> Tensor:
    wide = torch.to(x, 6)
    lengths = torch.sqrt(torch.sum(torch.mul(wide, wide), [1], True))
    return torch.to(torch.div(wide, torch.clamp(lengths, 9.9999999999999998e-13, None)), ops.prim.dtype(x))

  # x [rows, in], weight [in, out] -> [rows, out], in the type of x
  def linear_transposed(self: __torch__.Operations, x: Tensor, weight: Tensor) -> Tensor:
    return torch.matmul(x, torch.to(weight, ops.prim.dtype(x)))

  # y [rows, out] + bias [out], in the type of y
  def add_bias(self: __torch__.Operations, y: Tensor, bias: Tensor) -> Tensor:
    return torch.to(torch.add(y, bias), ops.prim.dtype(y))

  # x [rows, in] and some rows of a weight [k, in] -> [rows, k], in float32
  def products(self: __torch__.Operations, x: Tensor, weight_rows: Tensor) -> Tensor:
    return torch.matmul(torch.to(x, 6), torch.t(weight_rows))

  # y [rows, out] with the entries at (row_index [n], column_index [k]) replaced by values [n, k]
  def replace(self: __torch__.Operations, y: Tensor, row_index: Tensor, column_index: Tensor, values: Tensor) -> Tensor:
    index = [torch.unsqueeze(row_index, 1), torch.unsqueeze(column_index, 0)]
    return torch.index_put(y, index, torch.to(values, ops.prim.dtype(y)))

  def replace_in_place(self: __torch__.Operations, y: Tensor, row_index: Tensor, column_index: Tensor, values: Tensor) -> Tensor:
    index = [torch.unsqueeze(row_index, 1), torch.unsqueeze(column_index, 0)]
    return torch.index_put_(y, index, torch.to(values, ops.prim.dtype(y)))

  def select_rows(self: __torch__.Operations, x: Tensor, index: Tensor) -> Tensor:
    return torch.index_select(x, 0, index)

  def rows(self: __torch__.Operations, x: Tensor, start: int, end: int) -> Tensor:
    return torch.slice(x, 0, start, end)

  def columns(self: __torch__.Operations, x: Tensor, start: int, end: int) -> Tensor:
    return torch.slice(x, 1, start, end)

  # Entries start to end (exclusive) of one dimension
  def slice_of(self: __torch__.Operations, x: Tensor, dimension: int, start: int, end: int) -> Tensor:
    return torch.slice(x, dimension, start, end)

  # Every second column of x [rows, n], from start on
  def every_other(self: __torch__.Operations, x: Tensor, start: int) -> Tensor:
    return torch.slice(x, 1, start, 9223372036854775807, 2)

  # x [rows, heads, n] with y [rows, m] appended to every head
  def append_to_heads(self: __torch__.Operations, x: Tensor, y: Tensor) -> Tensor:
    repeated = torch.expand(torch.unsqueeze(y, 1), [torch.size(x, 0), torch.size(x, 1), torch.size(y, 1)])
    return torch.cat([x, repeated], -1)

  # x / sqrt(mean(x^2) + epsilon), over the last dimension
  def rms_norm(self: __torch__.Operations, x: Tensor, epsilon: float) -> Tensor:
    length = torch.linalg_vector_norm(x, 2, [-1], True)
    mean_square = torch.div(torch.mul(length, length), torch.size(x, -1))
    return torch.mul(x, torch.rsqrt(torch.add(mean_square, epsilon)))

  # (x - mean(x)) / sqrt(var(x) + epsilon), over the last dimension
  def layer_norm(self: __torch__.Operations, x: Tensor, epsilon: float) -> Tensor:
    return torch.layer_norm(x, [torch.size(x, -1)], None, None, epsilon)

  # x with the channels from first on, as many as cos has, replaced by turned
  def with_turned(self: __torch__.Operations, x: Tensor, turned: Tensor, first: int) -> Tensor:
    if torch.eq(torch.size(turned, 2), torch.size(x, 2)):
      whole = turned
    else:
      before = torch.slice(x, 2, 0, first)
      after = torch.slice(x, 2, torch.add(first, torch.size(turned, 2)), 9223372036854775807)
      whole = torch.cat([before, turned, after], -1)
    return whole

  # Rotary positions, channel i paired to i + size/2: x [rows, heads, channels], cos and sin [rows, 1, size]
  def rotate_halves(self: __torch__.Operations, x: Tensor, cos: Tensor, sin: Tensor, first: int) -> Tensor:
    part = torch.slice(x, 2, first, torch.add(first, torch.size(cos, 2)))
    low, high, = torch.chunk(part, 2, -1)
    sin_low, sin_high, = torch.chunk(sin, 2, -1)
    turned = torch.mul(part, cos)
    turned_low, turned_high, = torch.chunk(turned, 2, -1)
    _0 = torch.addcmul_(turned_low, high, sin_low, value=-1)
    _1 = torch.addcmul_(turned_high, low, sin_high)
    return (self).with_turned(x, turned, first, )

  # The same, channel 2i paired to 2i + 1
  def rotate_neighbours(self: __torch__.Operations, x: Tensor, cos: Tensor, sin: Tensor, first: int) -> Tensor:
    part = torch.slice(x, 2, first, torch.add(first, torch.size(cos, 2)))
    even = torch.slice(part, 2, 0, 9223372036854775807, 2)
    odd = torch.slice(part, 2, 1, 9223372036854775807, 2)
    rotated = torch.flatten(torch.stack([torch.neg(odd), even], -1), 2, 3)
    turned = torch.addcmul(torch.mul(part, cos), rotated, sin)
    return (self).with_turned(x, turned, first, )

  # Rows of several sequences of equal length [sequences * tokens, heads, size] -> [sequences, heads, tokens, size]
  def heads_first(self: __torch__.Operations, x: Tensor, tokens: int) -> Tensor:
    split = torch.reshape(x, [-1, tokens, torch.size(x, 1), torch.size(x, 2)])
    return torch.transpose(split, 1, 2)

  # [sequences, heads, tokens, size] -> [sequences * tokens, heads * size]
  def rows_first(self: __torch__.Operations, x: Tensor) -> Tensor:
    merged = torch.transpose(x, 1, 2)
    return torch.reshape(merged, [torch.mul(torch.size(x, 0), torch.size(x, 2)), torch.mul(torch.size(x, 1), torch.size(x, 3))])

  # Key or value heads [rows, key-value heads, size], each for as many query heads as share it: the engine computes
  # attention block by block only where there are as many of one as of the other.
  def for_queries(self: __torch__.Operations, x: Tensor, query: Tensor) -> Tensor:
    shared = torch.floordiv(torch.size(query, 1), torch.size(x, 1))
    if torch.gt(shared, 1):
      repeated = torch.repeat_interleave(x, shared, 1)
    else:
      repeated = x
    return repeated

  # softmax(q k^T * scale) v, every token seeing itself and the tokens before it. In short texts, query heads that share
  # keys are taken together, as if each had further tokens: that makes fewer and larger products. In long ones it would
  # cost more than it saves, for then the engine leaves out what comes after a token.
  def causal_attention(self: __torch__.Operations, q: Tensor, k: Tensor, v: Tensor, tokens: int, scale: float) -> Tensor:
    query = (self).heads_first(q, tokens, )
    if torch.__and__(torch.ne(torch.size(q, 1), torch.size(k, 1)), torch.le(tokens, 512)):
      shared = torch.floordiv(torch.size(q, 1), torch.size(k, 1))
      visible = torch.tril(torch.ones([tokens, tokens], dtype=11, layout=None, device=ops.prim.device(q)))
      joined = torch.reshape(query, [torch.size(query, 0), torch.size(k, 1), torch.mul(shared, tokens), torch.size(query, 3)])
      key = (self).heads_first(k, tokens, )
      value = (self).heads_first(v, tokens, )
      mixed = torch.scaled_dot_product_attention(joined, key, value, torch.repeat(visible, [shared, 1]), 0., False, scale=scale)
      result = torch.reshape(mixed, [torch.size(query, 0), torch.size(query, 1), tokens, torch.size(v, 2)])
    else:
      key = (self).heads_first((self).for_queries(k, q, ), tokens, )
      value = (self).heads_first((self).for_queries(v, q, ), tokens, )
      result = torch.scaled_dot_product_attention(query, key, value, None, 0., True, scale=scale)
    return (self).rows_first(result, )

  # The same, every token seeing all of its sequence
  def attention(self: __torch__.Operations, q: Tensor, k: Tensor, v: Tensor, tokens: int, scale: float) -> Tensor:
    query = (self).heads_first(q, tokens, )
    key = (self).heads_first((self).for_queries(k, q, ), tokens, )
    value = (self).heads_first((self).for_queries(v, q, ), tokens, )
    result = torch.scaled_dot_product_attention(query, key, value, None, 0., False, scale=scale)
    return (self).rows_first(result, )

  # The same where visible [tokens, keys] says which keys a token sees
  def masked_attention(self: __torch__.Operations, q: Tensor, k: Tensor, v: Tensor, visible: Tensor, scale: float) -> Tensor:
    keys = torch.size(visible, 1)
    query = (self).heads_first(q, torch.size(visible, 0), )
    key = (self).heads_first((self).for_queries(k, q, ), keys, )
    value = (self).heads_first((self).for_queries(v, q, ), keys, )
    result = torch.scaled_dot_product_attention(query, key, value, visible, 0., False, scale=scale)
    return (self).rows_first(result, )

  # cap tanh(x / cap)
  def soft_cap(self: __torch__.Operations, x: Tensor, cap: float) -> Tensor:
    return torch.mul(torch.tanh(torch.div(x, cap)), cap)

  # softmax(cap tanh(q k^T scale / cap) + biases) v in float32; cap 0: without cap and tanh. visible [tokens, keys],
  # biases [heads, 1, keys], sinks [heads]: the score of one more token, which has no value
  def explicit_attention(self: __torch__.Operations, q: Tensor, k: Tensor, v: Tensor, visible: Tensor, biases: Tensor, sinks: Tensor, scale: float, cap: float) -> Tensor:
    tokens = torch.size(visible, 0)
    keys = torch.size(visible, 1)
    shared = torch.floordiv(torch.size(q, 1), torch.size(k, 1))
    query = torch.to((self).heads_first(q, tokens, ), 6)
    key = torch.repeat_interleave(torch.to((self).heads_first(k, keys, ), 6), shared, 1)
    value = torch.repeat_interleave(torch.to((self).heads_first(v, keys, ), 6), shared, 1)
    scores = torch.mul(torch.matmul(query, torch.transpose(key, 2, 3)), scale)
    if torch.gt(cap, 0.):
      capped = (self).soft_cap(scores, cap, )
    else:
      capped = scores
    biased = torch.masked_fill(torch.add(capped, biases), torch.logical_not(visible), -inf)
    column = torch.reshape(sinks, [1, -1, 1, 1])
    sink = torch.expand(column, [torch.size(biased, 0), -1, tokens, 1])
    shares = torch.softmax(torch.cat([biased, sink], -1), -1)
    result = torch.matmul(torch.slice(shares, -1, 0, keys), value)
    return torch.to((self).rows_first(result, ), ops.prim.dtype(q))

  # Rows of a table [buckets, heads] by index [tokens, keys] -> [heads, tokens, keys]
  def biases_of(self: __torch__.Operations, table: Tensor, index: Tensor) -> Tensor:
    rows = torch.index_select(table, 0, torch.reshape(index, [-1]))
    return torch.reshape(torch.transpose(rows, 0, 1), [torch.size(table, 1), torch.size(index, 0), torch.size(index, 1)])

  # What disentangled attention adds to scores, in float32: of every query [sequences, heads, tokens, size] and key the
  # products with the vectors [distances, heads, size] of the distance that index [tokens, keys] says they have
  def disentangled_scores(self: __torch__.Operations, q: Tensor, k: Tensor, distance_keys: Tensor, distance_queries: Tensor, index: Tensor, scale: float) -> Tensor:
    tokens = torch.size(index, 0)
    keys = torch.size(index, 1)
    query = torch.to((self).heads_first(q, tokens, ), 6)
    key = torch.to((self).heads_first(k, keys, ), 6)
    sum = torch.zeros([torch.size(query, 0), torch.size(query, 1), tokens, keys], dtype=6, layout=None, device=ops.prim.device(q))
    if torch.gt(torch.numel(distance_keys), 0):
      met = torch.matmul(query, torch.permute(torch.to(distance_keys, 6), [1, 2, 0]))
      wanted = torch.expand(torch.reshape(index, [1, 1, tokens, keys]), [torch.size(query, 0), torch.size(query, 1), -1, -1])
      with_keys = torch.add(sum, torch.gather(met, -1, wanted))
    else:
      with_keys = sum
    if torch.gt(torch.numel(distance_queries), 0):
      met0 = torch.matmul(key, torch.permute(torch.to(distance_queries, 6), [1, 2, 0]))
      wanted0 = torch.expand(torch.reshape(torch.transpose(index, 0, 1), [1, 1, keys, tokens]), [torch.size(query, 0), torch.size(query, 1), -1, -1])
      with_queries = torch.add(with_keys, torch.transpose(torch.gather(met0, -1, wanted0), 2, 3))
    else:
      with_queries = with_keys
    return torch.mul(with_queries, scale)

  # What each query's mix [sequences * tokens, heads, n] of profiles [n, distances] has at the distance that index
  # [tokens, keys] says, and 0 behind the last distance: [sequences, heads, tokens, keys], in float32
  def profile_scores(self: __torch__.Operations, mixes: Tensor, profiles: Tensor, index: Tensor) -> Tensor:
    tokens = torch.size(index, 0)
    keys = torch.size(index, 1)
    mixed = torch.matmul(torch.to((self).heads_first(mixes, tokens, ), 6), profiles)
    by_distance = torch.constant_pad_nd(mixed, [0, 1], 0)
    wanted = torch.expand(torch.reshape(index, [1, 1, tokens, keys]), [torch.size(mixed, 0), torch.size(mixed, 1), -1, -1])
    return torch.gather(by_distance, -1, wanted)

  # Every head of x [rows, heads, size] several times
  def repeat_heads(self: __torch__.Operations, x: Tensor, times: int) -> Tensor:
    return torch.repeat_interleave(x, times, 1)

  # Each channel of x [sequences * tokens, channels] with a kernel of its own [channels, 1, length], over the token
  # itself and those before it. In full precision: on a GPU the shorter form may round to TF32.
  def causal_convolution(self: __torch__.Operations, x: Tensor, kernel: Tensor, tokens: int) -> Tensor:
    channels = torch.size(x, 1)
    by_channel = torch.transpose(torch.reshape(x, [-1, tokens, channels]), 1, 2)
    padded = torch.constant_pad_nd(by_channel, [torch.sub(torch.size(kernel, 2), 1), 0], 0)
    convolved = torch._convolution(padded, kernel, None, [1], [0], [1], False, [0], channels, False, False, True, False)
    return torch.reshape(torch.transpose(convolved, 1, 2), [-1, channels])

  # Each channel of x [sequences * tokens, channels] from the channels of its group [channels, channels / groups, length],
  # over the token itself and as many on each side. In full precision, as above.
  def convolution(self: __torch__.Operations, x: Tensor, kernel: Tensor, tokens: int, groups: int) -> Tensor:
    channels = torch.size(x, 1)
    by_channel = torch.transpose(torch.reshape(x, [-1, tokens, channels]), 1, 2)
    around = torch.floordiv(torch.size(kernel, 2), 2)
    convolved = torch._convolution(by_channel, kernel, None, [1], [around], [1], False, [0], groups, False, False, True, False)
    return torch.reshape(torch.transpose(convolved, 1, 2), [-1, channels])

  # Linear attention with decay: x [sequences * tokens, heads, 3 * size] (query, key and value of each head). Within a
  # block the products of all pairs times diagonal_decay; from the blocks before, a matrix [size, size] a head. Gives
  # that matrix back as well, as it is after the last token.
  def lightning_attention(self: __torch__.Operations, x: Tensor, memory: Tensor, slopes: Tensor, query_decay: Tensor, key_decay: Tensor, diagonal_decay: Tensor, tokens: int) -> Tuple[Tensor, Tensor]:
    query, key, value, = torch.chunk((self).heads_first(x, tokens, ), 3, -1)
    block = torch.size(query_decay, 1)
    blocks = torch.floordiv(torch.sub(torch.add(tokens, block), 1), block)
    state = memory
    parts = annotate(List[Tensor], [])
    for i in range(blocks):
      first = torch.mul(i, block)
      end = torch.add(first, block)
      q = torch.slice(query, 2, first, end)
      k = torch.slice(key, 2, first, end)
      v = torch.slice(value, 2, first, end)
      length = torch.size(q, 2)
      diagonal = torch.slice(torch.slice(diagonal_decay, 1, 0, length), 2, 0, length)
      within = torch.matmul(torch.mul(torch.matmul(q, torch.transpose(k, 2, 3)), diagonal), v)
      before = torch.matmul(torch.mul(q, torch.slice(query_decay, 1, 0, length)), state)
      _0 = torch.append(parts, torch.add(before, within))
      decayed = torch.mul(state, torch.exp(torch.mul(torch.neg(slopes), length)))
      late = torch.slice(key_decay, 1, torch.sub(block, length), block)
      state = torch.add(decayed, torch.matmul(torch.transpose(torch.mul(k, late), 2, 3), v))
    return ((self).rows_first(torch.cat(parts, 2), ), state)

  # A linear recurrence with a matrix [keys, values] a head for memory: query and key [sequences * tokens, heads, keys],
  # value [sequences * tokens, heads, values], log_decay [sequences * tokens, heads, 1 or keys]; write [sequences *
  # tokens, heads, 1] with the delta rule, empty without. Within a block what its tokens write comes from one triangular
  # system. No exponent is ever positive.
  def linear_recurrence(self: __torch__.Operations, query: Tensor, key: Tensor, value: Tensor, log_decay: Tensor, write: Tensor, memory: Tensor, tokens: int, block: int) -> Tuple[Tensor, Tensor]:
    queries = (self).heads_first(query, tokens, )
    keys = (self).heads_first(key, tokens, )
    values = (self).heads_first(value, tokens, )
    decays = (self).heads_first(log_decay, tokens, )
    corrects = torch.gt(torch.numel(write), 0)
    if corrects:
      writes = (self).heads_first(write, tokens, )
    else:
      writes = decays
    blocks = torch.floordiv(torch.sub(torch.add(tokens, block), 1), block)
    state = memory
    parts = annotate(List[Tensor], [])
    for i in range(blocks):
      first = torch.mul(i, block)
      end = torch.add(first, block)
      q = torch.slice(queries, 2, first, end)
      k = torch.slice(keys, 2, first, end)
      v = torch.slice(values, 2, first, end)
      total = torch.cumsum(torch.slice(decays, 2, first, end), 2)
      length = torch.size(q, 2)
      entry = torch.exp(total)
      later = torch.triu(torch.ones([length, length], dtype=11, layout=None, device=ops.prim.device(q)), 1)
      if torch.eq(torch.size(total, 3), 1):
        fading = torch.exp(torch.masked_fill(torch.sub(total, torch.transpose(total, 2, 3)), later, -inf))
        seen = torch.mul(torch.matmul(q, torch.transpose(k, 2, 3)), fading)
        alike = torch.mul(torch.matmul(k, torch.transpose(k, 2, 3)), fading)
      else:
        apart = torch.sub(torch.unsqueeze(total, 3), torch.unsqueeze(total, 2))
        weighed = torch.mul(torch.exp(torch.masked_fill(apart, torch.unsqueeze(later, -1), -inf)), torch.unsqueeze(k, 2))
        seen = torch.sum(torch.mul(weighed, torch.unsqueeze(q, 3)), [-1], False)
        alike = torch.sum(torch.mul(weighed, torch.unsqueeze(k, 3)), [-1], False)
      if corrects:
        share = torch.slice(writes, 2, first, end)
        missing = torch.mul(torch.sub(v, torch.matmul(torch.mul(k, entry), state)), share)
        system = torch.tril(torch.mul(alike, share), -1)
        written = torch.linalg_solve_triangular(system, missing, upper=False, left=True, unitriangular=True)
      else:
        written = v
      output = torch.add(torch.matmul(torch.mul(q, entry), state), torch.matmul(seen, written))
      _0 = torch.append(parts, output)
      last = torch.slice(total, 2, torch.sub(length, 1), length)
      kept = torch.mul(state, torch.transpose(torch.exp(last), 2, 3))
      late = torch.mul(k, torch.exp(torch.sub(last, total)))
      state = torch.add(kept, torch.matmul(torch.transpose(late, 2, 3), written))
    return ((self).rows_first(torch.cat(parts, 2), ), state)

  # Keys of whole groups of tokens: keys and shares [sequences * tokens, channels], bias [length, channels] or [1, 1] ->
  # [sequences * groups, size] float32. Where groups overlap, a token has two keys: the first joins the group behind.
  def compressed(self: __torch__.Operations, keys: Tensor, shares: Tensor, bias: Tensor, tokens: int, length: int, overlapping: bool) -> Tensor:
    channels = torch.size(keys, 1)
    sequences = torch.floordiv(torch.size(keys, 0), tokens)
    groups = torch.floordiv(tokens, length)
    whole = torch.mul(groups, length)
    split = torch.reshape(torch.to(keys, 6), [sequences, tokens, channels])
    split_shares = torch.reshape(torch.to(shares, 6), [sequences, tokens, channels])
    k = torch.reshape(torch.slice(split, 1, 0, whole), [sequences, groups, length, channels])
    s = torch.add(torch.reshape(torch.slice(split_shares, 1, 0, whole), [sequences, groups, length, channels]), bias)
    if overlapping:
      before_k, own_k, = torch.chunk(k, 2, -1)
      before_s, own_s, = torch.chunk(s, 2, -1)
      none = torch.zeros_like(torch.slice(before_k, 1, 0, 1))
      last = torch.sub(groups, 1)
      joined = torch.cat([torch.cat([none, torch.slice(before_k, 1, 0, last)], 1), own_k], 2)
      joined_shares = torch.cat([torch.cat([torch.sub(none, inf), torch.slice(before_s, 1, 0, last)], 1), own_s], 2)
    else:
      joined = k
      joined_shares = s
    mixed = torch.sum(torch.mul(joined, torch.softmax(joined_shares, 2)), [2], False)
    return torch.reshape(mixed, [torch.mul(sequences, groups), torch.size(mixed, 2)])

  # Which groups of so many tokens have ended with or before each of the last tokens: keys [groups, ..] -> [tokens, groups]
  # bool
  def whole_groups(self: __torch__.Operations, keys: Tensor, before: int, tokens: int, length: int) -> Tensor:
    columns = torch.mul(torch.size(keys, 0), length)
    causal = torch.tril(torch.ones([tokens, columns], dtype=11, layout=None, device=ops.prim.device(keys)), before)
    return torch.slice(causal, 1, torch.sub(length, 1), 9223372036854775807, length)

  # Scores of an indexer: q [tokens, heads, size], k [groups, 1, size], w [tokens, heads] -> [tokens, groups]
  def index_scores(self: __torch__.Operations, q: Tensor, k: Tensor, w: Tensor) -> Tensor:
    scores = torch.zeros([torch.size(q, 0), torch.size(k, 0)], dtype=6, layout=None, device=ops.prim.device(q))
    by_channel = torch.t(torch.squeeze(k, 1))
    for head in range(torch.size(q, 1)):
      products = torch.relu_(torch.matmul(torch.select(q, 1, head), by_channel))
      _1 = torch.addcmul_(scores, products, torch.slice(w, 1, head, torch.add(head, 1)))
    return scores

  # Which groups of tokens are seen: q [tokens, heads, size], k [groups, 1, size], w [tokens, heads] -> [tokens, groups] bool
  def indexed(self: __torch__.Operations, q: Tensor, k: Tensor, w: Tensor, before: int, length: int, count: int) -> Tensor:
    causal = (self).whole_groups(k, before, torch.size(q, 0), length, )
    if torch.lt(count, torch.size(k, 0)):
      seen = torch.masked_fill((self).index_scores(q, k, w, ), torch.logical_not(causal), -inf)
      _0, best, = torch.topk(seen, count, -1, True, False)
      visible = torch.logical_and(torch.scatter(torch.zeros_like(causal), 1, best, True), causal)
    else:
      visible = causal
    return visible

  # The same by tokens, with those behind the last group that has ended: [tokens, before + tokens] bool. Among equals the
  # engine's choice depends on how many there are: those to come are left out.
  def indexed_blocks(self: __torch__.Operations, q: Tensor, k: Tensor, w: Tensor, before: int, length: int, count: int) -> Tensor:
    tokens = torch.size(q, 0)
    groups = torch.size(k, 0)
    keys = torch.add(before, tokens)
    visible = (self).whole_groups(k, before, tokens, length, )
    if torch.lt(count, groups):
      scores = (self).index_scores(q, k, w, )
      for ended in range(torch.add(count, 1), torch.add(groups, 1)):
        first = ops.prim.max(torch.sub(torch.mul(ended, length), torch.add(before, 1)), 0)
        end = ops.prim.min(torch.sub(torch.mul(torch.add(ended, 1), length), torch.add(before, 1)), tokens)
        if torch.lt(first, end):
          own = torch.slice(torch.slice(scores, 0, first, end), 1, 0, ended)
          _0, best, = torch.topk(own, count, -1, True, False)
          rows = torch.slice(torch.slice(visible, 0, first, end), 1, 0, ended)
          _1 = torch.copy_(rows, torch.scatter(torch.zeros_like(rows), 1, best, True))
    causal = torch.tril(torch.ones([tokens, keys], dtype=11, layout=None, device=ops.prim.device(q)), before)
    ended_tokens = torch.repeat_interleave((self).whole_groups(k, before, tokens, length, ), length, 1)
    seen_tokens = torch.repeat_interleave(visible, length, 1)
    tail = torch.logical_not((self).widened(ended_tokens, keys, ))
    return torch.logical_and(causal, torch.logical_or((self).widened(seen_tokens, keys, ), tail))

  # x [rows, n] bool with columns of false behind
  def widened(self: __torch__.Operations, x: Tensor, columns: int) -> Tensor:
    return torch.constant_pad_nd(x, [0, torch.sub(columns, torch.size(x, 1))], False)

  # 0 for those keys that have the largest last channels, of those that are visible [tokens, keys], else minus infinity:
  # k [sequences * keys, heads, size] -> [sequences, several times heads, tokens, keys]
  def best_keys(self: __torch__.Operations, k: Tensor, visible: Tensor, heads: int, count: int) -> Tensor:
    tokens = torch.size(visible, 0)
    keys = torch.size(visible, 1)
    last = torch.to((self).heads_first(torch.slice(k, 2, -1, 9223372036854775807), keys, ), 6)
    wide = torch.expand(torch.transpose(last, 2, 3), [-1, -1, tokens, -1])
    seen = torch.masked_fill(wide, torch.logical_not(visible), -inf)
    _0, best, = torch.topk(seen, count, -1, True, False)
    scores = torch.scatter(torch.mul(torch.ones_like(seen), -inf), -1, best, 0.)
    return torch.repeat_interleave(scores, torch.floordiv(heads, torch.size(k, 1)), 1)

  # Each row of x [rows, n] with the root mean square of that of other
  def as_large(self: __torch__.Operations, x: Tensor, other: Tensor) -> Tensor:
    wanted = torch.sqrt(torch.mean(torch.mul(other, other), [-1], True))
    own = torch.sqrt(torch.clamp(torch.mean(torch.mul(x, x), [-1], True), 1.0000000000000001e-05, None))
    return torch.div(torch.mul(x, wanted), own)

  # relu(x - mean - deviation * quantile of a share), over the last dimension
  def sparse(self: __torch__.Operations, x: Tensor, share: float) -> Tensor:
    wide = torch.to(x, 6)
    place = torch.full([1], torch.sub(torch.mul(share, 2.), 1.), dtype=6, layout=None, device=ops.prim.device(x))
    quantile = torch.mul(torch.erfinv(place), 1.4142135623730951)
    mean = torch.mean(wide, [-1], True)
    deviation = torch.sqrt(torch.mean(torch.pow(torch.sub(wide, mean), 2), [-1], True))
    return torch.to(torch.relu(torch.sub(wide, torch.add(mean, torch.mul(deviation, quantile)))), ops.prim.dtype(x))

  # m weighed sums of n streams: streams [rows, n * hidden], coefficients [rows, m * n] -> [rows, m * hidden]
  def mix_streams(self: __torch__.Operations, streams: Tensor, coefficients: Tensor, count: int) -> Tensor:
    rows = torch.size(streams, 0)
    split = torch.reshape(streams, [rows, count, -1])
    mixed = torch.matmul(torch.reshape(coefficients, [rows, -1, count]), split)
    return torch.reshape(mixed, [rows, -1])

  # Each of n streams with added [rows, hidden] * its weight added: streams [rows, n * hidden], weights [rows, n]
  def add_to_streams(self: __torch__.Operations, streams: Tensor, added: Tensor, weights: Tensor) -> Tensor:
    rows = torch.size(streams, 0)
    split = torch.reshape(streams, [rows, torch.size(weights, 1), -1])
    return torch.reshape(torch.addcmul(split, torch.unsqueeze(weights, -1), torch.unsqueeze(added, 1)), [rows, -1])

  # Matrices [n, n] of the softmax of x [rows, n * n] with sums of rows and columns near 1, transposed
  def balanced(self: __torch__.Operations, x: Tensor, count: int, epsilon: float, times: int) -> Tensor:
    rows = torch.size(x, 0)
    shares = torch.add(torch.softmax(torch.reshape(x, [rows, count, count]), -1), epsilon)
    matrices = torch.div(shares, torch.add(torch.sum(shares, [-2], True), epsilon))
    for _0 in range(torch.sub(times, 1)):
      by_row = torch.div(matrices, torch.add(torch.sum(matrices, [-1], True), epsilon))
      matrices = torch.div(by_row, torch.add(torch.sum(by_row, [-2], True), epsilon))
    return torch.reshape(torch.transpose(matrices, 1, 2), [rows, -1])

  # Each head of x [rows, heads, size] divided by its length
  def unit_heads(self: __torch__.Operations, x: Tensor) -> Tensor:
    return torch.mul(x, torch.rsqrt(torch.add(torch.sum(torch.mul(x, x), [-1], True), 9.9999999999999995e-07)))

  # The root of |x|, or of smallest where that is more, with the sign of x
  def signed_root(self: __torch__.Operations, x: Tensor, smallest: float) -> Tensor:
    return torch.mul(torch.sqrt(torch.clamp(torch.abs(x), smallest, None)), torch.sign(x))

  def exponential(self: __torch__.Operations, x: Tensor) -> Tensor:
    return torch.exp(x)

  def multiply(self: __torch__.Operations, x: Tensor, y: Tensor) -> Tensor:
    return torch.mul(x, y)

  # The same, in the memory of x
  def multiply_in_place(self: __torch__.Operations, x: Tensor, y: Tensor) -> Tensor:
    return torch.mul_(x, y)

  def multiply_by_number(self: __torch__.Operations, x: Tensor, factor: float) -> Tensor:
    return torch.mul(x, factor)

  def add_number(self: __torch__.Operations, x: Tensor, number: float) -> Tensor:
    return torch.add(x, number)

  def clamp(self: __torch__.Operations, x: Tensor, low: float, high: float) -> Tensor:
    return torch.clamp(x, low, high)

  # x [rows, n] * factors [rows, 1], in float32
  def scale_rows(self: __torch__.Operations, x: Tensor, factors: Tensor) -> Tensor:
    return torch.mul(torch.to(x, 6), factors)

  # A copy of sum [rows, n] with values [k, n] added to the rows index [k]
  def add_to_rows(self: __torch__.Operations, sum: Tensor, index: Tensor, values: Tensor) -> Tensor:
    return torch.index_add(sum, 0, index, torch.to(values, 6))

  # residual [rows, hidden] float32 + y [rows, hidden] of any type -> float32
  def add(self: __torch__.Operations, residual: Tensor, y: Tensor) -> Tensor:
    if torch.eq(ops.prim.dtype(y), ops.prim.dtype(residual)):
      sum = torch.add(residual, y)
    else:
      sum = torch.add_(torch.to(y, ops.prim.dtype(residual)), residual)
    return sum

  # Activation functions, by the names that checkpoints give them
  def silu(self: __torch__.Operations, x: Tensor) -> Tensor:
    return torch.silu(x)

  def gelu(self: __torch__.Operations, x: Tensor) -> Tensor:
    return torch.gelu(x)

  def gelu_tanh(self: __torch__.Operations, x: Tensor) -> Tensor:
    return torch.gelu(x, approximate="tanh")

  def gelu_clipped(self: __torch__.Operations, x: Tensor) -> Tensor:
    return torch.clamp(torch.gelu(x), -10., 10.)

  def quick_gelu(self: __torch__.Operations, x: Tensor) -> Tensor:
    return torch.mul(x, torch.sigmoid(torch.mul(x, 1.702)))

  def relu(self: __torch__.Operations, x: Tensor) -> Tensor:
    return torch.relu(x)

  def relu_squared(self: __torch__.Operations, x: Tensor) -> Tensor:
    return torch.pow(torch.relu(x), 2)

  def relu6(self: __torch__.Operations, x: Tensor) -> Tensor:
    return torch.clamp(x, 0., 6.)

  def leaky_relu(self: __torch__.Operations, x: Tensor) -> Tensor:
    return torch.leaky_relu(x, 0.01)

  def sigmoid(self: __torch__.Operations, x: Tensor) -> Tensor:
    return torch.sigmoid(x)

  def tanh(self: __torch__.Operations, x: Tensor) -> Tensor:
    return torch.tanh(x)

  def softplus(self: __torch__.Operations, x: Tensor) -> Tensor:
    return torch.softplus(x)

  def mish(self: __torch__.Operations, x: Tensor) -> Tensor:
    return torch.mish(x)

  def laplace(self: __torch__.Operations, x: Tensor) -> Tensor:
    return torch.mul(torch.add(torch.erf(torch.div(torch.sub(x, 0.707107), 0.39894348377)), 1.), 0.5)

  # Learned curvature on both sides: positive, negative, beta and epsilon are one number each
  def xielu(self: __torch__.Operations, x: Tensor, positive: Tensor, negative: Tensor, beta: Tensor, epsilon: Tensor) -> Tensor:
    wide = torch.to(x, 6)
    right = torch.add(torch.mul(torch.mul(torch.softplus(positive), wide), wide), torch.mul(beta, wide))
    slope = torch.add(beta, torch.softplus(negative))
    bent = torch.sub(torch.expm1(torch.minimum(wide, epsilon)), wide)
    left = torch.add(torch.mul(bent, slope), torch.mul(beta, wide))
    return torch.to(torch.where(torch.gt(wide, 0), right, left), ops.prim.dtype(x))

  def linear_activation(self: __torch__.Operations, x: Tensor) -> Tensor:
    return x

  # The smallest and the largest entry of every row: x [rows, n] -> [2, rows] float32. Two reductions, each of which the
  # engine computes with vectors, are faster than aminmax, which it does not.
  def row_extremes(self: __torch__.Operations, x: Tensor) -> Tensor:
    low = torch.amin(x, [-1], False)
    high = torch.amax(x, [-1], False)
    return torch.to(torch.stack([low, high], 0), 6)

  # The largest |x| * factor of every column; factors [rows], or none where all are 1.
  def column_peaks(self: __torch__.Operations, x: Tensor, factors: Tensor) -> Tensor:
    if torch.eq(torch.numel(factors), 0):
      peaks = torch.maximum(torch.amax(x, [0], False), torch.neg(torch.amin(x, [0], False)))
    else:
      scaled = torch.mul(torch.to(x, 6), torch.unsqueeze(factors, 1))
      peaks = torch.maximum(torch.amax(scaled, [0], False), torch.neg(torch.amin(scaled, [0], False)))
    return torch.to(peaks, 6)

  # The largest |x| * factor of every row; factors [columns], or none where all are 1.
  def row_peaks(self: __torch__.Operations, x: Tensor, factors: Tensor) -> Tensor:
    if torch.eq(torch.numel(factors), 0):
      peaks = torch.maximum(torch.amax(x, [1], False), torch.neg(torch.amin(x, [1], False)))
    else:
      scaled = torch.mul(torch.to(x, 6), factors)
      peaks = torch.maximum(torch.amax(scaled, [1], False), torch.neg(torch.amin(scaled, [1], False)))
    return torch.to(peaks, 6)

  # The next block of the vocabulary, for all branches. logits [branches, tokens, block] of the vocabulary entries from
  # `first` on; targets [tokens]; the running state: maximum, sum of exp(logit - maximum), the target's logit, the
  # best entry's index [branches, tokens each], and the sum over the vocabulary of exp(l0 - maximum0) * (l0 - l), where
  # l0 are the logits of branch 0.
  def vocabulary_block(self: __torch__.Operations, logits: Tensor, first: int, targets: Tensor, maximum: Tensor, total: Tensor, target_logit: Tensor, best: Tensor, divergence: Tensor) -> Tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    block_maximum, block_best, = torch.max(logits, -1, False)
    new_maximum = torch.maximum(maximum, block_maximum)
    exponentials = torch.exp_(torch.sub(logits, torch.unsqueeze(new_maximum, -1)))
    kept = torch.exp(torch.sub(maximum, new_maximum))
    new_total = torch.add(torch.mul(total, kept), torch.sum(exponentials, [-1], False))
    new_best = torch.where(torch.gt(block_maximum, maximum), torch.add(block_best, first), best)
    size = torch.size(logits, -1)
    inside = torch.logical_and(torch.ge(targets, first), torch.lt(targets, torch.add(first, size)))
    position = torch.clamp(torch.sub(targets, first), 0, torch.sub(size, 1))
    index = torch.unsqueeze(torch.expand(torch.unsqueeze(position, 0), torch.size(maximum)), -1)
    picked = torch.squeeze(torch.gather(logits, -1, index), -1)
    new_target_logit = torch.where(torch.expand(torch.unsqueeze(inside, 0), torch.size(maximum)), picked, target_logit)
    original = torch.slice(logits, 0, 0, 1)
    weighted = torch.mul_(torch.sub(original, logits), torch.slice(exponentials, 0, 0, 1))
    new_divergence = torch.add(torch.mul(divergence, torch.slice(kept, 0, 0, 1)), torch.sum(weighted, [-1], False))
    return (new_maximum, new_total, new_target_logit, new_best, new_divergence)

  def mean_probability(self: __torch__.Operations, logits: Tensor, log_sum: Tensor) -> Tensor:
    return torch.mean(torch.exp(torch.sub(logits, torch.unsqueeze(log_sum, -1))), [1], False)

  def entropy_part(self: __torch__.Operations, logits: Tensor, log_sum: Tensor) -> Tensor:
    log_probability = torch.sub(logits, torch.unsqueeze(log_sum, -1))
    return torch.neg(torch.sum(torch.mul(torch.exp(log_probability), log_probability), [-1], False))

  def probability_mass(self: __torch__.Operations, logits: Tensor, log_sum: Tensor, mask: Tensor) -> Tensor:
    return torch.squeeze(torch.matmul(torch.exp(torch.sub(logits, torch.unsqueeze(log_sum, -1))), mask), -1)
