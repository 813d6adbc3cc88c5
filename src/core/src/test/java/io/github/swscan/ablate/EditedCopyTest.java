package io.github.swscan.ablate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.checkpoint.copy.CheckpointCopy;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.FileChange;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.ReferenceCheckpoint;
import io.github.swscan.forward.RunnableModel;
import io.github.swscan.input.ChangedInputException;
import io.github.swscan.input.InputException;
import io.github.swscan.output.OutputFailure;
import io.github.swscan.weight.StoredWeight;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class EditedCopyTest {

    @LentEngine
    private static TorchEngine engine;

    @TempDir
    private Path folder;

    private static CheckpointCopy copyOf(Path model) {
        CheckpointLocation location = CheckpointLocation.find(model);
        RunnableModel opened = ReferenceCheckpoint.model(model, engine, Precision.FP32);
        return new CheckpointCopy(location, opened.checkpoint());
    }

    private static void write(CheckpointCopy copy, Path to, Variant variant, LongConsumer bytesWritten) {
        copy.write(to, copy.written(variant.stored()), bytesWritten);
    }

    @ParameterizedTest
    @CsvSource({
        "planted/three-rows-one-col-phi3, 2:23:125 2:61:125 2:52:125 model.layers.0.self_attn.qkv_proj.weight:70:3",
        "planted/two-layers-same-row-olmo, 1:20:30 2:9:9 model.layers.3.self_attn.q_proj.weight:7:3",
        "planted/moe-mixtral, 1:0:20:30 1:2:20:31 3:1:9:9",
        "reference/gpt2, 0:3:40 1:30:5 transformer.h.1.attn.c_attn.weight:90:1",
        "reference/granitemoe, 0:1:3:9 1:0:3:1 model.layers.2.block_sparse_moe.input_linear.weight:1:3:4",
        "reference/gpt_oss, 0:1:3:9 1:0:3:1 model.layers.2.mlp.experts.gate_up_proj:1:3:4",
        "reference/falcon_new, 0:3:40 1:30:5 transformer.h.2.self_attention.query_key_value.weight:40:3",
        "reference/qwen2_moe, 0:1:3:9 1:0:3:1 model.layers.2.mlp.shared_expert.down_proj.weight:3:4",
        "reference/llama-tied, 0:3:40 1:30:5 2:31:47",
        "reference/llama-bf16, 0:3:40 1:30:5 2:31:47",
        "reference/llama-fp16, 0:3:40 1:30:5 2:31:47",
        "reference/llama-sharded3, 0:3:40 1:30:5 2:31:47"
    })
    void everyVariantPredictsAsTheCopyThatItWrites(String name, String weightNames) throws IOException {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named(name);
        RunnableModel model = reference.model(engine, Precision.FP32);
        List<StoredWeight> weights = Ablations.weights(model, weightNames.split(" "));
        AblationSettings settings = new AblationSettings(
                EnumSet.complementOf(EnumSet.of(Variant.Kind.RESTORE, Variant.Kind.MEAN)),
                true,
                List.of(0.3, -0.7),
                1,
                50,
                0);
        List<Variant> variants = Ablations.variants(model, weights, settings);
        assertThat(variants.stream().map(Variant::kind).distinct()).hasSize(9);
        Map<String, Outcome> outcomes = Ablations.run(model, Ablations.tokens(reference), variants);

        for (Variant variant : variants) {
            Path copy = folder.resolve(variant.name());
            write(copyOf(reference.folder()), copy, variant, bytes -> {});
            RunnableModel edited = ReferenceCheckpoint.model(copy, engine, Precision.FP32);
            double expected = Ablations.run(edited, Ablations.tokens(reference), List.of())
                    .get("original")
                    .meanNll();

            assertThat(outcomes.get(variant.name()).meanNll())
                    .as(variant.name())
                    .isCloseTo(expected, within(1e-5));
            assertThat(changedBytes(reference.folder(), copy))
                    .as(variant.name())
                    .isBetween(1L, variant.stored().size() * 4L);
        }
    }

    /** In how many places the files differ; both folders hold the same. */
    private static long changedBytes(Path one, Path other) throws IOException {
        List<Path> names = names(one);
        assertThat(names(other)).isEqualTo(names);
        long changed = 0;
        for (Path name : names) {
            byte[] before = Files.readAllBytes(one.resolve(name));
            byte[] after = Files.readAllBytes(other.resolve(name));
            assertThat(after).hasSameSizeAs(before);
            for (int i = 0; i < before.length; i++) {
                if (before[i] != after[i]) {
                    changed++;
                }
            }
        }
        return changed;
    }

    private static List<Path> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .map(folder::relativize)
                    .sorted()
                    .toList();
        }
    }

    private static Variant removal(Path folder) {
        RunnableModel model = ReferenceCheckpoint.model(folder, engine, Precision.FP32);
        return Ablations.variants(model, Ablations.weights(model, "0:3:40"), Ablations.settings(Variant.Kind.REMOVE))
                .get(0);
    }

    @Test
    void aCopyOfOneFileLeavesOtherWeightsBehind() throws IOException {
        Path source = Files.createDirectories(folder.resolve("source"));
        Path llama = ReferenceCheckpoint.named("reference/llama").folder();
        for (String name : List.of("model.safetensors", "config.json")) {
            Files.copy(llama.resolve(name), source.resolve(name));
        }
        Files.writeString(source.resolve("pytorch_model.bin"), "others");
        Files.writeString(source.resolve("tokenizer_config.json"), "{}");
        Files.createDirectories(source.resolve("onnx"));
        Files.writeString(source.resolve("onnx/model.json"), "others");
        Variant removal = removal(source);

        write(copyOf(source.resolve("model.safetensors")), folder.resolve("file"), removal, bytes -> {});
        write(copyOf(source), folder.resolve("whole"), removal, bytes -> {});

        assertThat(names(folder.resolve("file")))
                .containsExactly(
                        Path.of("config.json"), Path.of("model.safetensors"), Path.of("tokenizer_config.json"));
        assertThat(names(folder.resolve("whole"))).isEqualTo(names(source));
    }

    @Test
    void existingFoldersAndOtherFormatsAreRefusedAndNothingIsLeft() throws IOException {
        Path llama = ReferenceCheckpoint.named("reference/llama").folder();
        Variant removal = removal(llama);
        Path existing = Files.createDirectories(folder.resolve("existing"));
        Files.writeString(existing.resolve("mine"), "");

        assertThatExceptionOfType(OutputFailure.class)
                .isThrownBy(() -> write(copyOf(llama), existing, removal, bytes -> {}))
                .withMessageContaining("exists already");
        assertThatExceptionOfType(OutputFailure.class)
                .isThrownBy(() -> write(copyOf(llama), folder.resolve("no/where"), removal, bytes -> {}));
        assertThatExceptionOfType(OutputFailure.class)
                .isThrownBy(() -> write(copyOf(llama), folder.resolve("failed"), removal, bytes -> {
                    throw new OutputFailure(folder, "the disk is full", null);
                }));
        Path pyTorch = ReferenceCheckpoint.named("reference/llama-bin").folder();
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> copyOf(pyTorch).check(folder.resolve("copy")))
                .withMessageContaining("is neither a safetensors nor a GGUF file")
                .withMessageContaining("save_pretrained");
        assertThat(folder.toFile().list()).containsExactly("existing");
    }

    @ParameterizedTest
    @EnumSource(FileChange.class)
    void aCopyOfAModelThatChangesMeanwhileDoesNotAppear(FileChange change) throws IOException {
        Path source = Files.createDirectories(folder.resolve("source"));
        Path llama = ReferenceCheckpoint.named("reference/llama").folder();
        for (String name : List.of("model.safetensors", "config.json")) {
            Files.copy(llama.resolve(name), source.resolve(name));
        }
        Variant removal = removal(source);
        CheckpointCopy copy = copyOf(source);
        List<Path> changed = new ArrayList<>();

        assertThatExceptionOfType(ChangedInputException.class)
                .isThrownBy(() -> write(copy, folder.resolve("copy"), removal, bytes -> {
                    if (changed.isEmpty()) {
                        changed.add(source.resolve("model.safetensors"));
                        change.to(changed.get(0));
                    }
                }))
                .withMessageContaining("model.safetensors: changed while it was read");
        assertThat(folder.toFile().list()).containsExactly("source");
    }

    @Test
    void anEmptyFolderIsFilled() throws IOException {
        Path llama = ReferenceCheckpoint.named("reference/llama").folder();
        Path empty = Files.createDirectories(folder.resolve("empty"));

        write(copyOf(llama), empty, removal(llama), bytes -> {});

        assertThat(changedBytes(llama, empty)).isBetween(1L, 4L);
        assertThat(folder.toFile().list()).containsExactly("empty");
    }

    @Test
    void restoredActivationsAreNotWritten() {
        Path llama = ReferenceCheckpoint.named("reference/llama").folder();
        RunnableModel model = ReferenceCheckpoint.model(llama, engine, Precision.FP32);
        Variant restoring = Ablations.variants(
                        model, Ablations.weights(model, "0:3:40"), Ablations.settings(Variant.Kind.RESTORE))
                .get(0);

        assertThatIllegalArgumentException().isThrownBy(restoring::stored);
    }
}
