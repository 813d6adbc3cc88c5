package io.github.swscan.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.fixture.GuardedModel;
import io.github.swscan.fixture.SafetensorsWriter;
import io.github.swscan.output.InPlaceEdit;
import io.github.swscan.output.OutputFailure;
import io.github.swscan.report.VerificationReport.Difference;
import io.github.swscan.report.VerificationReport.Kind;
import io.github.swscan.scan.RestorationScan.Outcome;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RestorationScanTest {

    @TempDir
    private Path place;

    private GuardedModel model;
    private byte[] original;

    @BeforeEach
    void write() throws IOException {
        model = GuardedModel.in(place);
        original = Files.readAllBytes(model.weights());
    }

    private Outcome restore(Optional<Path> folder) {
        return RestorationScan.run(
                new RestorationScan.Request(model.folder().toString(), model.manifest(), Optional.empty(), folder),
                ScanListener.NONE);
    }

    private void damage(String tensor, int element, float value) {
        Map<String, SafetensorsWriter.Tensor> tensors = new LinkedHashMap<>(GuardedModel.tensors());
        damage(tensors, tensor, element, value);
        SafetensorsWriter.write(model.weights(), tensors);
    }

    private static void damage(Map<String, SafetensorsWriter.Tensor> tensors, String tensor, int element, float value) {
        ByteBuffer data = ByteBuffer.wrap(tensors.get(tensor).data()).order(ByteOrder.LITTLE_ENDIAN);
        DType.BF16.put(data, element * Short.BYTES, value);
    }

    @ParameterizedTest
    @ValueSource(floats = {0, -GuardedModel.VALUE, 0.875f, Float.NaN})
    void aSuperWeightComesBackInPlace(float value) {
        damage(GuardedModel.DOWN, GuardedModel.element(), value);

        Outcome outcome = restore(Optional.empty());

        assertThat(outcome).isInstanceOfSatisfying(Outcome.Restored.class, restored -> {
            assertThat(restored.damaged()).hasSize(1);
            assertThat(restored.after().holds()).isTrue();
        });
        assertThat(model.weights()).hasBinaryContent(original);
        assertThat(model.folder().toFile().list()).containsExactlyInAnyOrder("model.safetensors", "config.json");
    }

    @Test
    void aSuperWeightComesBackInACopy() throws IOException {
        damage(GuardedModel.DOWN, GuardedModel.element(), 0);
        byte[] damaged = Files.readAllBytes(model.weights());
        Path copy = place.resolve("copy");

        Outcome outcome = restore(Optional.of(copy));

        assertThat(outcome).isInstanceOf(Outcome.Restored.class);
        assertThat(copy.resolve("model.safetensors")).hasBinaryContent(original);
        assertThat(copy.resolve("config.json")).exists();
        assertThat(model.weights()).hasBinaryContent(damaged);
    }

    @Test
    void aSuperWeightComesBackInOtherFiles() throws IOException {
        Map<String, SafetensorsWriter.Tensor> all = GuardedModel.tensors();
        damage(all, GuardedModel.DOWN, GuardedModel.element(), 0);
        Map<String, SafetensorsWriter.Tensor> first = new LinkedHashMap<>();
        first.put(GuardedModel.UP, all.remove(GuardedModel.UP));
        Files.delete(model.weights());
        SafetensorsWriter.writeSharded(model.folder(), List.of(first, all));

        Outcome outcome = restore(Optional.empty());

        assertThat(outcome).isInstanceOfSatisfying(Outcome.Restored.class, restored -> assertThat(
                        restored.after().conclusion())
                .startsWith("The weights are the same, bit for bit, in other files"));
    }

    @Test
    void whereMoreIsDamagedNothingIsWritten() throws IOException {
        Map<String, SafetensorsWriter.Tensor> tensors = new LinkedHashMap<>(GuardedModel.tensors());
        damage(tensors, GuardedModel.DOWN, GuardedModel.element(), 0);
        damage(tensors, GuardedModel.UP, 7, 9);
        SafetensorsWriter.write(model.weights(), tensors);
        byte[] damaged = Files.readAllBytes(model.weights());

        Outcome outcome = restore(Optional.empty());

        assertThat(outcome).isInstanceOfSatisfying(Outcome.Refused.class, refused -> {
            assertThat(refused.damaged()).extracting(Difference::kind).containsExactly(Kind.SUPER_WEIGHT_CHANGED);
            assertThat(refused.beyond()).extracting(Difference::kind).containsExactly(Kind.TENSOR_CHANGED);
        });
        assertThat(model.weights()).hasBinaryContent(damaged);
        assertThat(restore(Optional.of(place.resolve("copy")))).isInstanceOf(Outcome.Refused.class);
        assertThat(place.resolve("copy")).doesNotExist();
    }

    @Test
    void whereTheSameTensorIsDamagedElsewhereNothingIsWritten() {
        Map<String, SafetensorsWriter.Tensor> tensors = new LinkedHashMap<>(GuardedModel.tensors());
        damage(tensors, GuardedModel.DOWN, GuardedModel.element(), 0);
        damage(tensors, GuardedModel.DOWN, 0, 9);
        SafetensorsWriter.write(model.weights(), tensors);

        assertThat(restore(Optional.empty())).isInstanceOf(Outcome.Refused.class);
    }

    @Test
    void whereTheConfigurationIsAnotherNothingIsWritten() throws IOException {
        damage(GuardedModel.DOWN, GuardedModel.element(), 0);
        Files.writeString(model.folder().resolve("config.json"), "{\"model_type\": \"gemma\"}");

        assertThat(restore(Optional.empty()))
                .isInstanceOfSatisfying(Outcome.Refused.class, refused -> assertThat(refused.beyond())
                        .extracting(Difference::kind)
                        .containsExactly(Kind.FILE_CHANGED));
    }

    @Test
    void whereNothingIsDamagedNothingIsWritten() {
        assertThat(restore(Optional.empty())).isEqualTo(new Outcome.NothingToDo());
        assertThat(model.weights()).hasBinaryContent(original);
    }

    @Test
    void whatWasInterruptedIsFinished() throws IOException {
        damage(GuardedModel.DOWN, GuardedModel.element(), 0);
        Path journal = Files.writeString(model.folder().resolve(InPlaceEdit.JOURNAL), "half way");

        assertThat(restore(Optional.empty())).isInstanceOf(Outcome.Restored.class);
        assertThat(model.weights()).hasBinaryContent(original);
        assertThat(journal).doesNotExist();

        Files.writeString(journal, "all but this file");
        assertThat(restore(Optional.empty())).isEqualTo(new Outcome.NothingToDo());
        assertThat(journal).doesNotExist();
    }

    @Test
    void aCopyOfAModelWhoseRestorationWasInterruptedHasNoJournal() throws IOException {
        damage(GuardedModel.DOWN, GuardedModel.element(), 0);
        Path journal = Files.writeString(model.folder().resolve(InPlaceEdit.JOURNAL), "half way");
        Path copy = place.resolve("copy");

        assertThat(restore(Optional.of(copy))).isInstanceOf(Outcome.Restored.class);
        assertThat(copy.toFile().list()).containsExactlyInAnyOrder("model.safetensors", "config.json");
        assertThat(journal).exists();
    }

    @Test
    void aFolderThatIsThereIsNotReplaced() throws IOException {
        damage(GuardedModel.DOWN, GuardedModel.element(), 0);
        Path copy = Files.createDirectories(place.resolve("copy"));
        Files.writeString(copy.resolve("mine"), "");

        assertThatThrownBy(() -> restore(Optional.of(copy))).isInstanceOf(OutputFailure.class);
        assertThat(copy.toFile().list()).containsExactly("mine");
    }
}
