package io.github.swscan.architecture;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Token mixers that read the same input; their outputs are added: Σ outputScale · norm(mixer(inputScale · x)). */
public record SideBySide(List<Part> parts) implements TokenMixer {

    public SideBySide {
        parts = List.copyOf(parts);
    }

    /** One of them. */
    public record Part(TokenMixer mixer, double inputScale, double outputScale, Optional<Norm> outputNorm) {}

    @Override
    public Stream<Linear> linears() {
        return parts.stream().flatMap(part -> part.mixer().linears());
    }

    @Override
    public Stream<Parameter> parameters() {
        return parts.stream()
                .flatMap(part -> Stream.concat(
                        part.mixer().parameters(), part.outputNorm().stream().flatMap(Norm::parameters)));
    }
}
