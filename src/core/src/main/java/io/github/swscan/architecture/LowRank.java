package io.github.swscan.architecture;

import java.util.stream.Stream;

/**
 * A learned residual of low rank (LAuReL, Menghani et al., arXiv 2411.07501): x + norm(widen(narrow(x))), every token by
 * itself. It stands beside a token mixer.
 */
public record LowRank(Linear narrow, Linear widen, Norm norm) implements TokenMixer {

    @Override
    public Stream<Linear> linears() {
        return Stream.of(narrow, widen);
    }

    @Override
    public Stream<Parameter> parameters() {
        return Stream.concat(linears().flatMap(Linear::parameters), norm.parameters());
    }
}
