package io.github.swscan.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.engine.EngineSettings;
import io.github.swscan.fixture.GuardedModel;
import io.github.swscan.fixture.SafetensorsWriter;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.MissingInputException;
import io.github.swscan.integrity.signing.SigningKey;
import io.github.swscan.output.InPlaceEdit;
import io.github.swscan.report.Manifest;
import io.github.swscan.report.VerificationReport;
import io.github.swscan.report.VerificationReport.Difference;
import io.github.swscan.report.VerificationReport.Kind;
import io.github.swscan.report.json.JsonReportWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class VerificationScanTest {

    private static final int FLIPS = 1_000;

    @TempDir
    private Path place;

    private GuardedModel model;

    @BeforeEach
    void write() {
        model = GuardedModel.in(place);
    }

    private VerificationReport verify(boolean full) {
        return verify(full, Optional.empty());
    }

    private VerificationReport verify(boolean full, Optional<Path> against) {
        return VerificationScan.run(
                new VerificationRequest(model.folder().toString(), model.manifest(), full, Optional.empty(), against),
                ScanListener.NONE);
    }

    private static List<Kind> kinds(VerificationReport report) {
        return report.differences().stream().map(Difference::kind).toList();
    }

    private void put(String tensor, int element, float value) throws IOException {
        Map<String, SafetensorsWriter.Tensor> tensors = new LinkedHashMap<>(GuardedModel.tensors());
        ByteBuffer data = ByteBuffer.wrap(tensors.get(tensor).data()).order(ByteOrder.LITTLE_ENDIAN);
        DType.BF16.put(data, element * Short.BYTES, value);
        SafetensorsWriter.write(model.weights(), tensors);
    }

    @Test
    void aModelThatNobodyTouchedIsUnchanged() {
        for (boolean full : List.of(false, true)) {
            VerificationReport report = verify(full);

            assertThat(report.differences()).isEmpty();
            assertThat(report.holds()).isTrue();
        }
        assertThat(verify(false).conclusion()).contains("The rest was not read");
        assertThat(verify(false).comparedWeights()).isEqualTo(1);
        assertThat(verify(true).conclusion()).isEqualTo("The model is what its manifest says, byte for byte.");
    }

    @ParameterizedTest
    @CsvSource({
        "0, was zeroed (it was 1.75): removing it multiplies the perplexity by 148",
        "-1.75, has its sign turned (1.75 to -1.75): turning its sign multiplies the perplexity by 1.1",
        "0.875, was scaled by 0.50 (1.75 to 0.875)",
        "NaN, is NaN (it was 1.75)",
        "1.7578125, is 1.7578125 (it was 1.75)",
        "-3, is -3.0 (it was 1.75)"
    })
    void whatBecameOfASuperWeightIsToldFastAndInFull(float value, String told) throws IOException {
        put(GuardedModel.DOWN, GuardedModel.element(), value);

        for (boolean full : List.of(false, true)) {
            VerificationReport report = verify(full);

            assertThat(kinds(report)).containsExactly(Kind.SUPER_WEIGHT_CHANGED);
            assertThat(report.differences().get(0).description())
                    .startsWith("super weight 0:3:5 (model.layers.0.mlp.down_proj.weight[3, 5]) " + told);
            assertThat(report.holds()).isFalse();
        }
    }

    @Test
    void aWeightThatWasMovedIsFound() throws IOException {
        put(GuardedModel.DOWN, GuardedModel.element(), 0);
        Map<String, SafetensorsWriter.Tensor> tensors = new LinkedHashMap<>(GuardedModel.tensors());
        ByteBuffer data = ByteBuffer.wrap(tensors.get(GuardedModel.DOWN).data()).order(ByteOrder.LITTLE_ENDIAN);
        DType.BF16.put(data, GuardedModel.element() * Short.BYTES, 0);
        DType.BF16.put(data, (GuardedModel.element() + 13) * Short.BYTES, GuardedModel.VALUE);
        SafetensorsWriter.write(model.weights(), tensors);

        VerificationReport report = verify(true);

        assertThat(kinds(report)).containsExactly(Kind.SUPER_WEIGHT_CHANGED, Kind.TENSOR_CHANGED);
        assertThat(report.differences().get(0).description()).endsWith("; its value stands at [4, 6] now");
    }

    @Test
    void oneElementAmongAllIsLocatedWithTheOriginal() throws IOException {
        Path original = Files.createDirectories(place.resolve("original"));
        SafetensorsWriter.write(original.resolve("model.safetensors"), GuardedModel.tensors());
        put(GuardedModel.UP, 50, 42);

        assertThat(verify(false).holds()).isTrue();
        assertThat(kinds(verify(true))).containsExactly(Kind.TENSOR_CHANGED);
        VerificationReport located = verify(true, Optional.of(original));

        Difference difference = located.differences().get(0);
        assertThat(difference.description())
                .startsWith("element [4, 2] of tensor " + GuardedModel.UP + " changed (")
                .endsWith(" to 42.0)");
        assertThat(difference.change().orElseThrow().elements()).isEqualTo(1);
    }

    @Test
    void swappedTensorsAreToldOnce() {
        Map<String, SafetensorsWriter.Tensor> tensors = new LinkedHashMap<>(GuardedModel.tensors());
        SafetensorsWriter.Tensor up = tensors.get(GuardedModel.UP);
        tensors.put(GuardedModel.UP, tensors.get(GuardedModel.GATE));
        tensors.put(GuardedModel.GATE, up);
        SafetensorsWriter.write(model.weights(), tensors);

        VerificationReport report = verify(true);

        assertThat(kinds(report)).containsExactly(Kind.TENSORS_SWAPPED);
        assertThat(report.differences().get(0).description())
                .isEqualTo("tensors %s and %s are swapped".formatted(GuardedModel.GATE, GuardedModel.UP));
    }

    /** The same tensors in other files. */
    private enum Moved {
        RESHARDED {
            @Override
            void write(Path folder) throws IOException {
                Files.delete(folder.resolve("model.safetensors"));
                Map<String, SafetensorsWriter.Tensor> all = GuardedModel.tensors();
                Map<String, SafetensorsWriter.Tensor> first = new LinkedHashMap<>();
                first.put(GuardedModel.UP, all.remove(GuardedModel.UP));
                SafetensorsWriter.writeSharded(folder, List.of(first, all));
            }
        },
        RENAMED_FILE {
            @Override
            void write(Path folder) throws IOException {
                Files.move(folder.resolve("model.safetensors"), folder.resolve("weights.safetensors"));
            }
        },
        REORDERED {
            @Override
            void write(Path folder) {
                Map<String, SafetensorsWriter.Tensor> all = GuardedModel.tensors();
                List<String> names = new ArrayList<>(all.keySet());
                Collections.reverse(names);
                Map<String, SafetensorsWriter.Tensor> reversed = new LinkedHashMap<>();
                names.forEach(name -> reversed.put(name, all.get(name)));
                SafetensorsWriter.write(folder.resolve("model.safetensors"), reversed);
            }
        };

        abstract void write(Path folder) throws IOException;
    }

    @ParameterizedTest
    @EnumSource
    void theSameWeightsInOtherFilesAreTheSameModel(Moved moved) throws IOException {
        moved.write(model.folder());

        for (boolean full : List.of(false, true)) {
            VerificationReport report = verify(full);

            assertThat(report.differences()).isEmpty();
            assertThat(report.conclusion())
                    .isEqualTo("The weights are the same, bit for bit, in other files than they were.");
        }
    }

    @Test
    void anotherNameOfATensorIsADifference() {
        Map<String, SafetensorsWriter.Tensor> tensors = new LinkedHashMap<>(GuardedModel.tensors());
        tensors.put("model.layers.0.mlp.upper.weight", tensors.remove(GuardedModel.UP));
        SafetensorsWriter.write(model.weights(), tensors);

        assertThat(kinds(verify(true))).containsExactly(Kind.TENSOR_RENAMED);
    }

    @Test
    void filesThatWereAddedChangedOrAreMissingAreTold() throws IOException {
        Files.writeString(model.folder().resolve("modeling.py"), "import os");
        Files.writeString(model.folder().resolve("config.json"), "{\"model_type\": \"gemma2\"}");

        assertThat(kinds(verify(true))).containsExactly(Kind.FILE_ADDED, Kind.FILE_CHANGED);
        assertThat(kinds(verify(false))).containsExactly(Kind.FILE_ADDED, Kind.FILE_CHANGED);

        Files.delete(model.folder().resolve("config.json"));
        assertThat(kinds(verify(false))).containsExactly(Kind.FILE_MISSING, Kind.FILE_ADDED);
    }

    @Test
    void whatGitKeepsIsNoPartOfTheModel() throws IOException {
        Files.createDirectories(model.folder().resolve(".git"));
        Files.writeString(model.folder().resolve(".git/HEAD"), "ref: refs/heads/main");
        Files.writeString(model.folder().resolve(".gitattributes"), "*.safetensors filter=lfs");

        assertThat(verify(true).holds()).isTrue();
    }

    @Test
    void aShortenedFileCannotBeReadAnyMore() throws IOException {
        byte[] bytes = Files.readAllBytes(model.weights());
        Files.write(model.weights(), Arrays.copyOf(bytes, bytes.length - 10));

        assertThat(kinds(verify(false))).contains(Kind.FILE_UNREADABLE);
        assertThat(kinds(verify(true))).contains(Kind.FILE_UNREADABLE);
    }

    @Test
    void anOriginalThatIsNotThereIsNoDamageOfTheModel() throws IOException {
        put(GuardedModel.UP, 50, 42);

        assertThatThrownBy(() -> verify(true, Optional.of(place.resolve("missing"))))
                .isInstanceOf(MissingInputException.class);
    }

    @Test
    void aModelThatIsNotThereIsRefused() {
        VerificationRequest request = new VerificationRequest(
                place.resolve("missing").toString(), model.manifest(), false, Optional.empty(), Optional.empty());

        assertThatThrownBy(() -> VerificationScan.run(request, ScanListener.NONE))
                .isInstanceOf(MissingInputException.class);
    }

    /** A manifest of a file on its own, as of a GGUF file, whatever the file is called now. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aModelThatIsAFileIsHeldToItsManifestWhateverItIsCalled(boolean signed) throws IOException {
        Path file = Files.copy(model.weights(), place.resolve("single.safetensors"));
        Path manifest = place.resolve("single.json");
        Manifest bare;
        try (LazyEngine none = new LazyEngine(EngineSettings.STANDARD)) {
            bare = FingerprintScan.run(
                    new FingerprintRequest(file.toString(), "", new FingerprintRequest.Source.None(), List.of()),
                    none,
                    ScanListener.NONE);
        }
        Files.write(
                manifest,
                signed
                        ? new Signing(SigningKey.generate(SigningKey.Curve.P256), List.of()).sign(bare, true)
                        : JsonReportWriter.oneLine().bytes(bare));
        Path renamed = Files.move(file, place.resolve("other.safetensors"));
        VerificationRequest request =
                new VerificationRequest(renamed.toString(), manifest, true, Optional.empty(), Optional.empty());

        assertThat(VerificationScan.run(request, ScanListener.NONE).conclusion())
                .isEqualTo("The model is what its manifest says, byte for byte.");

        Map<String, SafetensorsWriter.Tensor> tensors = new LinkedHashMap<>(GuardedModel.tensors());
        ByteBuffer data = ByteBuffer.wrap(tensors.get(GuardedModel.UP).data()).order(ByteOrder.LITTLE_ENDIAN);
        DType.BF16.put(data, 0, 42);
        SafetensorsWriter.write(renamed, tensors);

        assertThat(kinds(VerificationScan.run(request, ScanListener.NONE))).containsExactly(Kind.TENSOR_CHANGED);
    }

    @ParameterizedTest
    @CsvSource({
        "'\"mask\" : \"ffff\"', '\"mask\" : \"ff\"'",
        "'\"mask\" : \"ffff\"', '\"mask\" : \"zzzz\"'",
        "'\"offset\" : 82', '\"offset\" : -2'",
        "'\"stored\" : [', '\"stored\" : [ null, '",
        "'\"schemaVersion\" : \"1.0\"', '\"schemaVersion\" : \"2.0\"'",
        "'\"files\" :', '\"filed\" :'"
    })
    void aManifestThatIsNoneIsRefused(String written, String hostile) throws IOException {
        String manifest = Files.readString(model.manifest());
        assertThat(manifest).contains(written);
        Files.writeString(model.manifest(), manifest.replace(written, hostile));

        assertThatThrownBy(() -> verify(true)).isInstanceOf(MalformedInputException.class);
    }

    @Test
    void anUnfinishedRestorationIsTold() throws IOException {
        Files.writeString(model.folder().resolve(InPlaceEdit.JOURNAL), "");

        assertThat(verify(true).differences()).isEmpty();
        assertThat(verify(true).notes()).anyMatch(note -> note.contains(InPlaceEdit.JOURNAL));
    }

    @Test
    void everyBitThatIsFlippedAnywhereIsFound() throws IOException {
        Random random = new Random(11);
        List<Path> files = List.of(model.weights(), model.folder().resolve("config.json"));
        long weights = Files.size(files.get(0));
        long all = weights + Files.size(files.get(1));
        for (int i = 0; i < FLIPS; i++) {
            long index = random.nextLong(all);
            Path file = index < weights ? files.get(0) : files.get(1);
            int at = (int) (index < weights ? index : index - weights);
            byte[] bytes = Files.readAllBytes(file);
            byte[] flipped = bytes.clone();
            flipped[at] ^= (byte) (1 << random.nextInt(Byte.SIZE));
            Files.write(file, flipped);

            assertThat(verify(true).differences()).as("byte %d of %s", at, file).isNotEmpty();

            Files.write(file, bytes);
        }
        assertThat(verify(true).differences()).isEmpty();
    }

    @Test
    void everyBitOfASuperWeightThatIsFlippedIsFoundFast() throws IOException {
        byte[] bytes = Files.readAllBytes(model.weights());
        for (int bit = 0; bit < Short.SIZE; bit++) {
            byte[] flipped = bytes.clone();
            flipped[(int) model.offset() + bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
            Files.write(model.weights(), flipped);

            assertThat(kinds(verify(false))).containsExactly(Kind.SUPER_WEIGHT_CHANGED);
            assertThat(kinds(verify(true))).containsExactly(Kind.SUPER_WEIGHT_CHANGED);
        }
    }
}
