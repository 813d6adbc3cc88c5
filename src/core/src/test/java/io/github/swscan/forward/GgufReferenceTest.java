package io.github.swscan.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.ReferenceCheckpoint;
import io.github.swscan.fixture.TestResources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The reference checkpoints as GGUF files in F32, made by the converter of llama.cpp: the logits are those that
 * transformers computed for the checkpoints.
 */
class GgufReferenceTest {

    private static final Path FILES = TestResources.at("gguf");

    @LentEngine
    private static TorchEngine engine;

    static List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(FILES)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".gguf"))
                    .map(name -> name.substring(0, name.length() - ".gguf".length()))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void logitsAreThoseOfTheCheckpointItWasMadeFrom(String name) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named("reference/" + name);
        RunnableModel model = ReferenceCheckpoint.model(FILES.resolve(name + ".gguf"), engine, Precision.FP32);
        Sequences sequences = reference.sequences();
        float[][][] expected = reference.logits();
        try (ForwardPass pass = new ForwardPass(model, sequences, bytes -> {})) {
            HeadPass readout = pass.run(List.of(), Probe.NONE);
            for (int sequence : sequences.all()) {
                float[][] logits = readout.logits(pass.original(), sequence);
                for (int token = 0; token < logits.length; token++) {
                    for (int entry = 0; entry < logits[token].length; entry++) {
                        assertThat(Math.abs(logits[token][entry] - expected[sequence][token][entry]))
                                .as("sequence %d, token %d, entry %d", sequence, token, entry)
                                .isLessThan(2e-4f);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void downProjectionsHaveTheSameNamesShapesAndNumbers(String name) {
        RunnableModel original = ReferenceCheckpoint.named("reference/" + name).model(engine, Precision.FP32);
        RunnableModel gguf = ReferenceCheckpoint.model(FILES.resolve(name + ".gguf"), engine, Precision.FP32);

        // The converter writes models of the family mistral as llama, which computes the same without a window.
        assertThat(gguf.architecture().family())
                .isEqualTo(
                        name.equals("mistral")
                                ? "llama"
                                : original.architecture().family());
        original.architecture().blocks().stream()
                .flatMap(block -> block.feedForward().mlps())
                .map(mlp -> mlp.down().weight())
                .forEach(tensor -> {
                    var stored = original.checkpoint().find(tensor).orElseThrow();
                    var found = gguf.checkpoint().find(tensor).orElseThrow();
                    assertThat(found.shape()).isEqualTo(stored.shape());
                    assertThat(gguf.checkpoint().floats(found, 0, (int) found.elements(), 1))
                            .isEqualTo(original.checkpoint().floats(stored, 0, (int) stored.elements(), 1));
                });
    }
}
