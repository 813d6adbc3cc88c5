package io.github.swscan.architecture;

import java.util.List;
import java.util.stream.Stream;

/**
 * What a token is with those before it, added to all residual streams before a block (Qwen4). A table has a row for what
 * several hashes make of the last two tokens, and of the last three, up to {@code longest}; e are the rows of a token one beside
 * the other. Of the n streams h:
 *
 * <pre>
 *     id[j]  = (token[t] · multiplier[0] xor ... xor token[t - m + 1] · multiplier[m - 1]) mod size[j] + offset[j]
 *     a[k]   = keyNorm(key(e))[k] · streamNorm(h)[k] / √hidden
 *     v[k]   = sigmoid(sign(a[k]) √max(|a[k]|, 10⁻⁶)) value(e)
 *     h'     = h + v + silu(convolution(valueNorm(v)))
 * </pre>
 *
 * with the m tokens that hash j is for. In place of a token before the text, or before one that ends texts, stands the
 * token that ends texts. The convolution sees, of each channel by itself, the token and those {@code longest}, twice {@code
 * longest}, ... tokens before it.
 *
 * @param tables the tensors of the table [rows, columns], one below the other
 * @param hashes how many there are for each number of tokens
 * @param multipliers the tensor of whole numbers [longest]
 * @param sizes the tensor of whole numbers [hashes of all numbers of tokens]
 * @param offsets the tensor of whole numbers, likewise
 * @param end the token that ends texts
 * @param kernel the tensor of the convolution [streams * hidden, 1, length]
 */
public record NGramInputs(
        List<String> tables,
        int columns,
        int longest,
        int hashes,
        String multipliers,
        String sizes,
        String offsets,
        int end,
        Linear key,
        Linear value,
        Norm keyNorm,
        Norm streamNorm,
        Norm valueNorm,
        String kernel,
        int length,
        int streams) {

    public NGramInputs {
        tables = List.copyOf(tables);
    }

    /** How many rows of the table a token has. */
    public int rows() {
        return (longest - 1) * hashes;
    }

    /** How many tokens before it the convolution looks back from a token. */
    public int reach() {
        return (length - 1) * longest;
    }

    Stream<Linear> linears() {
        return Stream.of(key, value);
    }

    Stream<Parameter> parameters() {
        return Stream.of(
                        linears().flatMap(Linear::parameters),
                        Stream.of(keyNorm, streamNorm, valueNorm).flatMap(Norm::parameters),
                        tables.stream().map(table -> Parameter.of(table, Parameter.ANY, columns)),
                        Stream.of(
                                Parameter.ofWholeNumbers(multipliers, longest),
                                Parameter.ofWholeNumbers(sizes, rows()),
                                Parameter.ofWholeNumbers(offsets, rows()),
                                Parameter.of(kernel, key.outputs(), 1, length)))
                .flatMap(parameters -> parameters);
    }
}
