package io.github.swscan.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.ReferenceCheckpoint;
import io.github.swscan.fixture.TestResources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The reference checkpoints as transformers 5 saves them again, against what it computes: the second column beside {@link
 * ReferenceTest}, whose numbers most of them have. Made by scripts/resave-references. A folder has no weights where they
 * are those of the reference.
 */
class ResavedReferenceTest {

    @LentEngine
    private static TorchEngine engine;

    @TempDir
    private Path folder;

    static List<String> checkpoints() {
        return ReferenceCheckpoint.names("resaved").stream()
                .map(name -> name.substring("resaved/".length()))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void logitsAreThoseOfTransformers5(String name) throws IOException {
        Path saved = TestResources.at("resaved/" + name);
        boolean ownWeights = Files.exists(saved.resolve("model.safetensors"));
        if (!ownWeights) {
            copy(TestResources.at("reference/" + name));
        }
        copy(saved);
        ReferenceCheckpoint reference = ReferenceCheckpoint.named("resaved/" + name);
        Sequences sequences = reference.sequences();

        try (ForwardPass pass =
                new ForwardPass(ReferenceCheckpoint.model(folder, engine, Precision.FP32), sequences, bytes -> {})) {
            HeadPass head = pass.run(List.of(), Probe.NONE);

            assertThat(head.score(List.of(pass.original()), sequences.all())
                            .get(0)
                            .meanNegativeLogLikelihood())
                    .isCloseTo(reference.expected().get("mean_cross_entropy").doubleValue(), within(1e-5));
            for (int sequence : sequences.all()) {
                float[][] logits = head.logits(pass.original(), sequence);
                JsonNode last = reference.expected().get("last_logits_first8").get(sequence);
                for (int entry = 0; entry < last.size(); entry++) {
                    assertThat((double) logits[logits.length - 1][entry])
                            .isCloseTo(last.get(entry).doubleValue(), within(2e-4));
                }
            }
        }
    }

    private void copy(Path from) throws IOException {
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                if (!file.getFileName().toString().equals("expected.safetensors")) {
                    Files.copy(file, folder.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
    }
}
