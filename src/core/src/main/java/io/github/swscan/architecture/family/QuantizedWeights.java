package io.github.swscan.architecture.family;

import io.github.swscan.architecture.quantization.CodeLayout;
import io.github.swscan.architecture.quantization.CodedTensors;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.input.InputException;

/** The weights that a checkpoint holds as codes, by what config.json says of them. */
public final class QuantizedWeights {

    private QuantizedWeights() {}

    /**
     * The same checkpoint with the weights that its codes stand for.
     *
     * @throws InputException if codes, scales or what config.json says of them do not fit, or are of a kind that is not
     *     supported
     */
    public static Checkpoint decoded(Config config, Checkpoint stored) {
        return QuantizationReader.said(config).stream()
                .findFirst()
                .map(option -> new CodedTensors(config.file(), option, QuantizationReader.at(config, option), stored))
                .map(tensors -> CodeLayout.decoded(QuantizationReader.method(tensors.options()), tensors))
                .orElse(stored);
    }
}
