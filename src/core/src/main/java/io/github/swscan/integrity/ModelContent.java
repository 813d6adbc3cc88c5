package io.github.swscan.integrity;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.ByteSource;
import io.github.swscan.input.FileDigest;
import io.github.swscan.input.FileTree;
import io.github.swscan.input.LocalSource;
import io.github.swscan.integrity.AllProcessors.Task;
import io.github.swscan.report.Manifest;
import java.nio.file.Path;
import java.util.ArrayList;
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
     * Its files and tensors as a manifest lists them.
     *
     * @param files sorted by name
     * @param tensors in the order of the checkpoint
     */
    public record Described(List<Manifest.File> files, List<Manifest.Tensor> tensors) {}

    /**
     * Describes all of it.
     *
     * @param read is told how many bytes were read, by this thread
     * @throws io.github.swscan.input.InputException if a file cannot be read, or changes meanwhile
     */
    public Described describe(LongConsumer read) {
        List<Task<Manifest.Digested>> tasks = new ArrayList<>();
        tree.files().forEach(entry -> tasks.add(task(entry)));
        checkpoint
                .tensors()
                .values()
                .forEach(tensor -> tasks.add(new Task<>(tensor.bytes(), counted -> described(tensor, counted))));
        List<Manifest.Digested> all = AllProcessors.run(tasks, read);
        return new Described(only(Manifest.File.class, all), only(Manifest.Tensor.class, all));
    }

    private static <T> List<T> only(Class<T> kind, List<Manifest.Digested> all) {
        return all.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    private static Task<Manifest.Digested> task(FileTree.Entry entry) {
        ByteSource source = LocalSource.of(entry.path());
        return new Task<>(source.size(), read -> {
            try {
                String digest = FileDigest.sha256(source, read);
                source.checkUnchanged();
                return new Manifest.File(entry.name(), source.size(), digest);
            } finally {
                source.close();
            }
        });
    }

    private Manifest.Tensor described(TensorInfo tensor, LongConsumer read) {
        Optional<TensorStatistics> statistics = TensorStatistics.of(checkpoint, tensor);
        String digest = TensorDigest.sha256(checkpoint, tensor, patch(tensor), part -> {
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
                                counted -> TensorDigest.sha256(
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
