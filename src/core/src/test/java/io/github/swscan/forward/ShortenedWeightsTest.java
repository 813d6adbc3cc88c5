package io.github.swscan.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.ReferenceCheckpoint;
import io.github.swscan.fixture.TestResources;
import io.github.swscan.input.ChangedInputException;
import io.github.swscan.weight.NonFiniteWeights;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Weights files that another process makes shorter while a pass reads them: told as a change, whatever the format. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "an open file cannot be made shorter")
class ShortenedWeightsTest {

    private static final List<Integer> PLACES_IN_THE_PASS = List.of(0, 1, 3, 7); // in eighths
    private static final List<Double> WHAT_IS_LEFT = List.of(0.0, 0.02, 0.5, 0.999);

    @LentEngine
    private static TorchEngine engine;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "reference/llama",
                "reference/llama-bf16",
                "reference/llama-sharded3",
                "reference/mixtral",
                "reference/llama-bin",
                "reference/llama-bin-sharded3",
                "reference/llama-bin-legacy",
                "quantized/llama-block16-bin",
                "quantized/llama-channel",
                "torchscript/gpt2",
                "gguf/llama.gguf",
                "gguf/mixtral.gguf"
            })
    void areToldAsAChange(String name) throws IOException {
        int readings = readings(name);
        for (int eighths : PLACES_IN_THE_PASS) {
            for (double left : WHAT_IS_LEFT) {
                Path model = copy(name);
                RunnableModel opened = ReferenceCheckpoint.model(model, engine, Precision.FP32);
                Path file = opened.checkpoint().files().get(0).path();

                assertThatExceptionOfType(ChangedInputException.class)
                        .as("%s of the file left after %s eighths of the pass", left, eighths)
                        .isThrownBy(() -> opened.checkpoint()
                                .whileUnchanged(() -> run(opened, shorteningAt(readings * eighths / 8, file, left))))
                        .withMessageStartingWith(file.toString());
                opened.checkpoint().close();
            }
        }
    }

    /** Other readers of weights, which use all processors. */
    @Test
    void areToldByThoseWhoLookThroughAllWeights() throws IOException {
        RunnableModel opened = ReferenceCheckpoint.model(copy("reference/llama"), engine, Precision.FP32);
        Path file = opened.checkpoint().files().get(0).path();

        assertThatExceptionOfType(ChangedInputException.class)
                .isThrownBy(() ->
                        new NonFiniteWeights(opened.architecture(), opened.checkpoint()).find(shorteningAt(2, file, 0)))
                .withMessageStartingWith(file.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"reference/llama", "reference/llama-bin", "gguf/llama.gguf"})
    @EnabledOnOs(OS.LINUX)
    void noFileIsMappedIntoMemory(String name) throws IOException {
        Path model = copy(name);
        List<String> mapped = new ArrayList<>();

        run(ReferenceCheckpoint.model(model, engine, Precision.FP32), bytes -> mapped.addAll(mappings()));

        assertThat(mapped).isNotEmpty().noneMatch(line -> line.contains(folder.toString()));
    }

    private static List<String> mappings() {
        try {
            return Files.readAllLines(Path.of("/proc/self/maps"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How many times a pass tells of having read. */
    private static int readings(String name) {
        List<Long> told = new ArrayList<>();
        run(ReferenceCheckpoint.model(TestResources.at(name), engine, Precision.FP32), told::add);
        return told.size();
    }

    private static int run(RunnableModel model, LongConsumer bytesRead) {
        Sequences sequences = new Sequences(List.of(new int[] {1, 5, 7, 3, 2}));
        try (ForwardPass pass = new ForwardPass(model, sequences, bytesRead)) {
            return pass.run(List.of(), Probe.NONE).logits(pass.original(), 0).length;
        }
    }

    private static LongConsumer shorteningAt(int reading, Path file, double left) {
        int[] readings = new int[1];
        return bytes -> {
            if (readings[0]++ == reading) {
                try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
                    open.setLength((long) (open.length() * left));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        };
    }

    private Path copy(String name) throws IOException {
        Path original = TestResources.at(name);
        Path copy = Files.createTempDirectory(folder, "model");
        if (Files.isRegularFile(original)) {
            return Files.copy(original, copy.resolve(original.getFileName()));
        }
        try (Stream<Path> files = Files.list(original)) {
            for (Path file : files.toList()) {
                // Reference values lie beside the models; they are no part of them.
                if (!file.getFileName().toString().startsWith("expected.")) {
                    Files.copy(file, copy.resolve(file.getFileName()));
                }
            }
        }
        return copy;
    }
}
