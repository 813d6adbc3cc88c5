package io.github.swscan.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.swscan.fixture.GgufWriter;
import io.github.swscan.fixture.SafetensorsWriter;
import io.github.swscan.fixture.SafetensorsWriter.Tensor;
import io.github.swscan.input.InputException;
import io.github.swscan.input.LocalFolder;
import io.github.swscan.input.LocalSource;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.MissingInputException;
import io.github.swscan.input.UnsupportedInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointLocationTest {
    private static final String SINGLE = "model.safetensors";
    private static final String INDEX = "model.safetensors.index.json";
    private static final String FIRST = "model-00001-of-00002.safetensors";
    private static final String SECOND = "model-00002-of-00002.safetensors";

    @TempDir
    private Path folder;

    @Test
    void folderWithOneFileAndItsCompanions() {
        touch(SINGLE, "config.json", "tokenizer.json", "other.safetensors");

        assertThat(CheckpointLocation.find(folder))
                .isEqualTo(new CheckpointLocation(
                        folder,
                        new LocalFolder(folder),
                        List.of(path(SINGLE)),
                        Optional.empty(),
                        Optional.of(path("config.json")),
                        Optional.empty(),
                        Optional.of(path("tokenizer.json")),
                        List.of(path("other.safetensors")),
                        List.of()));
    }

    @Test
    void folderWithIndex() {
        index(Map.of("a", SECOND, "b", FIRST, "c", SECOND));
        touch(FIRST, SECOND, "consolidated.safetensors");

        assertThat(CheckpointLocation.find(folder))
                .isEqualTo(new CheckpointLocation(
                        folder,
                        new LocalFolder(folder),
                        List.of(path(FIRST), path(SECOND)),
                        Optional.of(path(INDEX)),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        List.of(path("consolidated.safetensors")),
                        List.of(LocalSource.of(path(INDEX)))));
    }

    @Test
    void singleFileComesBeforeIndex() {
        index(Map.of("a", FIRST));
        touch(SINGLE, FIRST);

        CheckpointLocation location = CheckpointLocation.find(folder);

        assertThat(location.weights()).containsExactly(path(SINGLE));
        assertThat(location.index()).isEmpty();
    }

    @Test
    void onlyFileOfAnotherNameIsTaken() {
        touch("pruned.safetensors", "._pruned.safetensors", "other.bin");

        assertThat(CheckpointLocation.find(folder).weights()).containsExactly(path("pruned.safetensors"));
    }

    @Test
    void severalFilesWithoutIndexAreRefusedByName() {
        touch("b.safetensors", "a.safetensors");

        assertRefused(folder, UnsupportedInputException.class, "has several safetensors files")
                .hasMessageContaining("\"a.safetensors\", \"b.safetensors\"; name one of them");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"model-%05d-of-00003.safetensors", "pytorch_model-%05d-of-00003.bin", "m-%05d-of-00003.gguf"})
    void shardsWithoutAnIndexAreAllTaken(String pattern) {
        String[] names =
                IntStream.rangeClosed(1, 3).mapToObj(pattern::formatted).toArray(String[]::new);
        touch(names);

        List<Path> shards = Stream.of(names).map(this::path).toList();
        assertThat(CheckpointLocation.find(folder).weights()).isEqualTo(shards);
        assertThat(CheckpointLocation.find(path(names[1])).weights()).isEqualTo(shards);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void aShardThatIsMissingWithoutAnIndexIsNamed(int missing) {
        IntStream.rangeClosed(1, 3)
                .filter(shard -> shard != missing)
                .forEach(shard -> touch("model-%05d-of-00003.safetensors".formatted(shard)));

        assertRefused(
                path("model-%05d-of-00003.safetensors".formatted(missing == 3 ? 1 : 3)),
                MissingInputException.class,
                "model-%05d-of-00003.safetensors: is another part of the model but is not in the folder"
                        .formatted(missing));
    }

    @ParameterizedTest
    @CsvSource({"general.type, mmproj", "general.architecture, clip", "general.type, adapter", "general.type, imatrix"})
    void aGgufFileThatIsNoModelDoesNotMakeTheModelOneOfSeveral(String key, String value) {
        new GgufWriter().key("general.architecture", "llama").write(path("model-Q8_0.gguf"));
        new GgufWriter().key(key, value).write(path("a-first.gguf"));

        CheckpointLocation location = CheckpointLocation.find(folder);

        assertThat(location.weights()).containsExactly(path("model-Q8_0.gguf"));
        assertThat(location.note().orElseThrow()).contains("were left aside: \"a-first.gguf\"");
    }

    @Test
    void severalModelsInGgufAreRefusedByName() {
        new GgufWriter().key("general.architecture", "llama").write(path("model-Q8_0.gguf"));
        new GgufWriter().key("general.architecture", "llama").write(path("model-Q4_0.gguf"));
        new GgufWriter().key("general.type", "mmproj").write(path("mmproj.gguf"));

        assertRefused(folder, UnsupportedInputException.class, "has several GGUF files")
                .hasMessageContaining("\"model-Q4_0.gguf\", \"model-Q8_0.gguf\"; name one of them");
    }

    @Test
    void foldersWithWeightsInsideAreNamed() throws IOException {
        Files.createDirectories(path("original"));
        touch("config.json", "original/consolidated.00.pth");

        assertRefused(
                        folder,
                        UnsupportedInputException.class,
                        "holds no weights itself, but its folder does: \"original\"")
                .hasMessageEndingWith("; name that");

        Files.createDirectories(path("merged"));
        touch("merged/model.safetensors");
        assertRefused(folder, UnsupportedInputException.class, "its folders do: \"merged\", \"original\"")
                .hasMessageEndingWith("; name one of them");
    }

    @ParameterizedTest
    @ValueSource(strings = {"onnx/model.onnx", "gpu/rank0.engine"})
    void anotherFormatInAFolderInsideIsTold(String name) throws IOException {
        Files.createDirectories(path(name).getParent());
        touch("config.json", name);

        assertRefused(folder, UnsupportedInputException.class, "which is not supported");
    }

    @ParameterizedTest
    @ValueSource(strings = {"model.safetensors.part", "model.safetensors.aria2", "model.bin.crdownload"})
    void aDownloadThatHasNotEndedIsTold(String name) {
        touch("config.json", name);

        assertRefused(folder, UnsupportedInputException.class, "holds a download that has not ended");
    }

    @Test
    void aPipelineOfDiffusersIsTold() {
        touch("model_index.json");

        assertRefused(folder, UnsupportedInputException.class, "is a pipeline of diffusers, not a language model");
    }

    @Test
    void manyFilesAreNotAllNamed() {
        for (int file = 0; file < 9; file++) {
            touch(file + ".safetensors");
        }
        assertRefused(folder, UnsupportedInputException.class, "\"4.safetensors\" and 4 more;");
    }

    @Test
    void weightsFileStandsForItself() {
        touch("a.safetensors", "b.safetensors", "config.json");

        CheckpointLocation location = CheckpointLocation.find(path("a.safetensors"));

        assertThat(location.model()).isEqualTo(path("a.safetensors"));
        assertThat(location.repository()).isEqualTo(new LocalFolder(folder));
        assertThat(location.weights()).containsExactly(path("a.safetensors"));
        assertThat(location.config()).contains(path("config.json"));
    }

    @Test
    void fileWithoutFolderIsInTheWorkingFolder() throws IOException {
        Path file = Files.createTempFile(Path.of(""), "location", ".safetensors");
        try {
            assertThat(CheckpointLocation.find(file).repository()).isEqualTo(new LocalFolder(Path.of(".")));
        } finally {
            Files.delete(file);
        }
    }

    @Test
    void shardThatTheIndexListsStandsForTheModel() {
        index(Map.of("a", FIRST, "b", SECOND));
        touch(FIRST, SECOND);

        assertThat(CheckpointLocation.find(path(SECOND)).weights()).containsExactly(path(FIRST), path(SECOND));
    }

    @Test
    void shardThatTheIndexDoesNotListStandsForItself() {
        index(Map.of("a", FIRST));
        touch(FIRST, SECOND);

        CheckpointLocation location = CheckpointLocation.find(path(SECOND));

        assertThat(location.weights()).containsExactly(path(SECOND));
        assertThat(location.index()).isEmpty();
    }

    @Test
    void indexFileStandsForItsShards() {
        index(Map.of("a", FIRST, "b", SECOND));
        touch(FIRST, SECOND, SINGLE, "config.json");

        CheckpointLocation location = CheckpointLocation.find(path(INDEX));

        assertThat(location.weights()).containsExactly(path(FIRST), path(SECOND));
        assertThat(location.repository()).isEqualTo(new LocalFolder(folder));
        assertThat(location.config()).contains(path("config.json"));
    }

    @ParameterizedTest
    @CsvSource({
        "consolidated.00.pth, consolidated.01.pth",
        "consolidated.00.pt, consolidated.01.pt",
        "consolidated-00001-of-00002.safetensors, consolidated-00002-of-00002.safetensors"
    })
    void consolidatedFilesAreTakenTogether(String first, String second) {
        touch(first, second, "params.json", "other.safetensors");

        for (Path named : List.of(folder, path(first), path(second))) {
            CheckpointLocation location = CheckpointLocation.find(named);
            assertThat(location.isConsolidated()).isTrue();
            assertThat(location.weights()).containsExactly(path(first), path(second));
            assertThat(location.params()).contains(path("params.json"));
        }
        assertThat(CheckpointLocation.find(folder).leftAside()).containsExactly(path("other.safetensors"));
    }

    @Test
    void consolidatedFileIsTakenBeforeParts() {
        touch("consolidated.safetensors", "consolidated.00.pth", "params.json");

        CheckpointLocation location = CheckpointLocation.find(folder);
        assertThat(location.weights()).containsExactly(path("consolidated.safetensors"));
        assertThat(location.leftAside()).containsExactly(path("consolidated.00.pth"));
    }

    @Test
    void consolidatedFilesMayHaveAnIndex() {
        touch("consolidated-00001-of-00002.safetensors", "consolidated-00002-of-00002.safetensors", "params.json");
        SafetensorsWriter.writeBytes(
                path("consolidated.safetensors.index.json"),
                "{\"weight_map\": {\"a\": \"consolidated-00002-of-00002.safetensors\"}}".getBytes(UTF_8));

        assertThat(CheckpointLocation.find(folder).weights())
                .containsExactly(path("consolidated-00002-of-00002.safetensors"));
    }

    @Test
    void filesOfHuggingFaceComeBeforeConsolidatedOnes() {
        touch(SINGLE, "config.json", "consolidated.safetensors", "params.json");

        CheckpointLocation location = CheckpointLocation.find(folder);
        assertThat(location.weights()).containsExactly(path(SINGLE));
        assertThat(location.isConsolidated()).isFalse();
        assertThat(location.params()).isEmpty();
        assertThat(location.note().orElseThrow()).contains("were left aside: \"consolidated.safetensors\"");
    }

    @Test
    void parametersAreNoModel() {
        touch("params.json");

        assertRefused(path("params.json"), UnsupportedInputException.class, "describes a model and holds no weights");
    }

    @ParameterizedTest
    @CsvSource({
        "consolidated.02.pth, consolidated.01.pth",
        "consolidated.01.pth, consolidated.00.pth",
        "consolidated-00002-of-00003.safetensors, consolidated-00001-of-00003.safetensors"
    })
    void missingConsolidatedFileIsNamed(String there, String missing) {
        touch(there, "params.json");
        if (there.contains("02.pth")) {
            touch("consolidated.00.pth");
        }

        assertRefused(folder, MissingInputException.class, missing + ": is another part of the model");
    }

    @Test
    void linksOutOfTheFolderAreFollowed() throws IOException {
        Path blobs = Files.createDirectories(path("blobs"));
        Path snapshot = Files.createDirectories(path("snapshots/main"));
        SafetensorsWriter.write(blobs.resolve("aa"), Map.of("a", Tensor.float32(List.of(1L), 7)));
        SafetensorsWriter.write(blobs.resolve("bb"), Map.of("b", Tensor.float32(List.of(1L), 8)));
        Files.move(index(Map.of("a", FIRST, "b", SECOND)), blobs.resolve("cc"));
        Map.of(FIRST, "aa", SECOND, "bb", INDEX, "cc")
                .forEach((name, blob) -> link(snapshot, name, "../../blobs/" + blob));

        CheckpointLocation location = CheckpointLocation.find(snapshot);

        assertThat(location.weights()).containsExactly(snapshot.resolve(FIRST), snapshot.resolve(SECOND));
        assertThat(Checkpoint.open(location).tensors()).containsOnlyKeys("a", "b");
        assertThat(CheckpointLocation.find(snapshot.resolve(FIRST)).weights()).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"new", "new\n", " new ", "\ufeffnew\n"})
    void cacheOfAModelStandsForTheSnapshotThatItsRefNames(String ref) {
        snapshot("old");
        Path newest = snapshot("new");
        ref(ref);

        CheckpointLocation location = CheckpointLocation.find(folder);

        assertThat(location)
                .isEqualTo(new CheckpointLocation(
                        folder,
                        new LocalFolder(newest),
                        List.of(newest.resolve(SINGLE)),
                        Optional.empty(),
                        Optional.of(newest.resolve("config.json")),
                        Optional.empty(),
                        Optional.of(newest.resolve("tokenizer.json")),
                        List.of(),
                        List.of(LocalSource.of(path("refs/main")))));
        assertThat(Checkpoint.open(location).tensors()).containsOnlyKeys("new");
    }

    @Test
    void onlySnapshotNeedsNoRef() {
        Path only = snapshot("only");
        touch("snapshots/.DS_Store", "snapshots/README");

        assertThat(CheckpointLocation.find(folder).repository()).isEqualTo(new LocalFolder(only));

        ref("gone");

        assertThat(CheckpointLocation.find(folder).repository()).isEqualTo(new LocalFolder(only));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "gone"})
    void severalSnapshotsWithoutARefAreRefusedByName(String ref) {
        snapshot("aaa");
        snapshot("bbb");
        if (!ref.isEmpty()) {
            ref(ref);
        }

        assertRefused(
                folder,
                UnsupportedInputException.class,
                "snapshots: holds several snapshots, and refs/main names none of them: \"aaa\", \"bbb\"; name the folder");
    }

    @Test
    void folderOfRefsIsNotReadAsARef() throws IOException {
        snapshot("old");
        Files.createDirectories(path("refs/main"));

        assertRefused(folder, MalformedInputException.class, "refs/main: is a folder, not a file");
    }

    @Test
    void weightsComeBeforeSnapshots() {
        snapshot("old");
        touch(SINGLE);

        assertThat(CheckpointLocation.find(folder).repository()).isEqualTo(new LocalFolder(folder));
    }

    @Test
    void linkIntoTheBlobsKeepsItsOwnFolder() {
        Path snapshot = snapshot("main");

        CheckpointLocation location = CheckpointLocation.find(snapshot.resolve(SINGLE));

        assertThat(location.repository()).isEqualTo(new LocalFolder(snapshot));
        assertThat(location.config()).contains(snapshot.resolve("config.json"));
        assertThat(location.tokenizer()).contains(snapshot.resolve("tokenizer.json"));
    }

    @Test
    void allMissingShardsAreNamed() {
        index(Map.of("a", FIRST, "b", SECOND, "c", "third.safetensors"));
        touch(SECOND);

        assertRefused(
                folder,
                MissingInputException.class,
                FIRST
                        + ": is named as a shard but is not in the folder, nor is \"third.safetensors\"; download them too");
    }

    @Test
    void linkThatLeadsNowhereIsRefused() {
        link(folder, SINGLE, "nowhere");

        assertThatExceptionOfType(MissingInputException.class)
                .isThrownBy(() -> Checkpoint.open(CheckpointLocation.find(folder)))
                .withMessageStartingWith(path(SINGLE) + ": is a symbolic link to a file that does not exist");
    }

    @Test
    void missingModelIsRefused() {
        assertRefused(path("none"), MissingInputException.class, "does not exist; check the path");
    }

    @Test
    void emptyFolderIsRefused() {
        assertRefused(folder, MissingInputException.class, "holds no safetensors, PyTorch or GGUF file");
    }

    @Test
    void aModelWhoseWeightsAreMissingIsToldSo() {
        touch("config.json");

        assertRefused(folder, MissingInputException.class, "beside its config.json: the weights are missing")
                .hasMessageContaining("download the weights too");
    }

    @ParameterizedTest
    @CsvSource({
        "flax_model.msgpack, Flax, convert the model to safetensors",
        "tf_model.h5, TensorFlow, convert the model to safetensors",
        "model.onnx, ONNX, scan the model that it was exported from",
        "weights.npz, MLX in NumPy's format, scan the model that it was converted from",
        "model.mlmodel, Core ML, scan the model that it was exported from",
        "rank0.engine, TensorRT, scan the model that it was built from",
        "model.nemo, NeMo, convert the model to the Hugging Face layout with NeMo's scripts"
    })
    void otherFormatsAreRefused(String name, String format, String remedy) {
        touch(name);

        assertRefused(
                        path(name),
                        UnsupportedInputException.class,
                        "is a model of " + format + ", which is not supported")
                .hasMessageEndingWith("; " + remedy);
        assertRefused(
                        folder,
                        UnsupportedInputException.class,
                        "holds \"" + name + "\", a model of " + format
                                + ", which is not supported, and no safetensors, PyTorch or GGUF file")
                .hasMessageEndingWith("; " + remedy);
    }

    @ParameterizedTest
    @ValueSource(strings = {"pytorch_model.bin", "model.pt", "consolidated.00.pth", "last.ckpt"})
    void filesOfPyTorchAreFoundWhereThereAreNoOthers(String name) {
        touch(name, "training_args.bin", "optimizer.pt");

        assertThat(CheckpointLocation.find(folder).weights()).containsExactly(path(name));
        assertThat(CheckpointLocation.find(path(name)).weights()).containsExactly(path(name));
    }

    @Test
    void safetensorsComeBeforePyTorchAndTheOthersAreNamed() {
        touch("model.safetensors", "pytorch_model.bin", "optimizer.pt", ".hidden.bin", "notes.txt");

        CheckpointLocation location = CheckpointLocation.find(folder);

        assertThat(location.weights()).containsExactly(path("model.safetensors"));
        assertThat(location.note())
                .contains("The weights are those of \"model.safetensors\"; other weights files in the folder were left"
                        + " aside: \"pytorch_model.bin\".");
    }

    @Test
    void shardsOfSafetensorsComeBeforeShardsOfPyTorch() {
        index(Map.of("a", FIRST, "b", SECOND));
        touch(FIRST, SECOND, "pytorch_model.bin.index.json", "extra.safetensors");
        touch("pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin");

        CheckpointLocation location = CheckpointLocation.find(folder);

        assertThat(location.weights()).containsExactly(path(FIRST), path(SECOND));
        assertThat(location.note())
                .contains("The weights are those of \"model.safetensors.index.json\"; other weights files in the folder"
                        + " were left aside: \"extra.safetensors\", \"pytorch_model-00001-of-00002.bin\","
                        + " \"pytorch_model-00002-of-00002.bin\".");
    }

    @Test
    void nothingIsLeftAsideWhereTheUserNamesTheFile() {
        touch("model.safetensors", "pytorch_model.bin");

        assertThat(CheckpointLocation.find(path("pytorch_model.bin")).note()).isEmpty();
    }

    @Test
    void fileOfNoKnownKindIsRefused() throws IOException {
        Files.writeString(path("README.md"), "A model of words.");

        assertRefused(path("README.md"), UnsupportedInputException.class, "is not a safetensors, PyTorch or GGUF file");
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void deviceIsRefusedUnread() {
        assertRefused(Path.of("/dev/zero"), UnsupportedInputException.class, "is not a regular file");
    }

    @Test
    void locationWithoutWeightsIsImpossible() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new CheckpointLocation(
                        folder,
                        new LocalFolder(folder),
                        List.of(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        List.of(),
                        List.of()));
    }

    private static AbstractThrowableAssert<?, ?> assertRefused(
            Path model, Class<? extends InputException> type, String problem) {
        InputException refusal = catchThrowableOfType(InputException.class, () -> CheckpointLocation.find(model));
        return assertThat(refusal).isExactlyInstanceOf(type).hasMessageContaining(problem);
    }

    /** A snapshot as the Hugging Face libraries lay it out, with a tensor of its own name. */
    private Path snapshot(String name) {
        try {
            Path blobs = Files.createDirectories(path("blobs"));
            Path snapshot = Files.createDirectories(path("snapshots").resolve(name));
            SafetensorsWriter.write(blobs.resolve(name + "0"), Map.of(name, Tensor.float32(List.of(1L), 7)));
            link(snapshot, SINGLE, "../../blobs/" + name + "0");
            for (String text : List.of("config.json", "tokenizer.json")) {
                Files.writeString(blobs.resolve(name + text), "{}");
                link(snapshot, text, "../../blobs/" + name + text);
            }
            return snapshot;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private void ref(String content) {
        try {
            Files.writeString(Files.createDirectories(path("refs")).resolve("main"), content);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private Path index(Map<String, String> weightMap) {
        return SafetensorsWriter.writeIndex(folder, weightMap);
    }

    private void touch(String... names) {
        for (String name : names) {
            SafetensorsWriter.writeBytes(path(name), new byte[0]);
        }
    }

    private Path path(String name) {
        return folder.resolve(name);
    }

    private static void link(Path folder, String name, String target) {
        try {
            Files.createSymbolicLink(folder.resolve(name), Path.of(target));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
