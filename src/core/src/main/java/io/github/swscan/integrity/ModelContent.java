package io.github.swscan.integrity;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.ByteSource;
import io.github.swscan.input.FileTree;
import io.github.swscan.input.LocalSource;
import io.github.swscan.integrity.AllProcessors.Task;
import io.github.swscan.report.Manifest;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;

/** The files of a model and the tensors in them, as they are now. Digests are made by all processors at once. */
public final class ModelContent {

    private final FileTree tree;
    private final Checkpoint checkpoint;
    private final Map<Path, String> names;
    private final Map<String, Patch> patches;

    /** @param checkpoint its tensors under the names that they have in the files */
    public ModelContent(FileTree tree, Checkpoint checkpoint) {
        this(tree, checkpoint, Map.of());
    }

    private ModelContent(FileTree tree, Checkpoint checkpoint, Map<String, Patch> patches) {
        this.tree = tree;
        this.checkpoint = checkpoint;
        this.patches = patches;
        this.names = tree.files().stream().collect(Collectors.toMap(FileTree.Entry::path, FileTree.Entry::name));
    }

    /** The same with some bits of tensors in place of those that are there. */
    ModelContent with(Map<String, Patch> others) {
        return new ModelContent(tree, checkpoint, others);
    }

    Checkpoint checkpoint() {
        return checkpoint;
    }

    /**
     * The files of a model as a manifest lists them.
     *
     * @param read is told how many bytes were read, by this thread
     * @throws io.github.swscan.input.InputException if one cannot be read, or changes meanwhile
     */
    public List<Manifest.File> files(LongConsumer read) {
        return files(tree.files(), read);
    }

    /** The same of some of them. */
    public static List<Manifest.File> files(Collection<FileTree.Entry> entries, LongConsumer read) {
        return AllProcessors.run(entries.stream().map(ModelContent::task).toList(), read);
    }

    private static Task<Manifest.File> task(FileTree.Entry entry) {
        ByteSource source = LocalSource.of(entry.path());
        return new Task<>(source.size(), read -> {
            try {
                String digest = Sha256.of(source, read);
                source.checkUnchanged();
                return new Manifest.File(entry.name(), source.size(), digest);
            } finally {
                source.close();
            }
        });
    }

    /**
     * Its tensors as a manifest lists them, with what their numbers are like.
     *
     * @param read as above
     */
    public List<Manifest.Tensor> tensors(LongConsumer read) {
        return AllProcessors.run(
                checkpoint.tensors().values().stream()
                        .map(tensor -> new Task<>(tensor.bytes(), counted -> described(tensor, counted)))
                        .toList(),
                read);
    }

    private Manifest.Tensor described(TensorInfo tensor, LongConsumer read) {
        Optional<TensorStatistics> statistics = TensorStatistics.of(checkpoint, tensor);
        String digest = Sha256.of(checkpoint, tensor, patch(tensor), part -> {
            read.accept(part.remaining());
            statistics.ifPresent(known -> known.accept(part));
        });
        return new Manifest.Tensor(
                tensor.name(),
                tensor.dtype().name(),
                tensor.shape(),
                fileOf(tensor),
                tensor.offset(),
                tensor.bytes(),
                digest,
                statistics.map(TensorStatistics::result));
    }

    private Patch patch(TensorInfo tensor) {
        return patches.getOrDefault(tensor.name(), Patch.NONE);
    }

    /** The name of the file that holds a tensor, or its first piece. */
    String fileOf(TensorInfo tensor) {
        return names.getOrDefault(tensor.file(), tensor.file().getFileName().toString());
    }

    /** The digests of some tensors, in their order. */
    List<String> digests(Collection<TensorInfo> tensors, LongConsumer read) {
        return AllProcessors.run(
                tensors.stream()
                        .map(tensor -> new Task<>(
                                tensor.bytes(),
                                counted -> Sha256.of(
                                        checkpoint, tensor, patch(tensor), part -> counted.accept(part.remaining()))))
                        .toList(),
                read);
    }

    /** How many bytes its files have. */
    public long bytes() {
        return tree.files().stream()
                .mapToLong(entry -> LocalSource.of(entry.path()).size())
                .sum();
    }
}
