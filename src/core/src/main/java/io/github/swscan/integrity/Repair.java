package io.github.swscan.integrity;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.ByteBits;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.FileDigest;
import io.github.swscan.input.FileTree;
import io.github.swscan.input.LocalSource;
import io.github.swscan.report.Manifest;
import io.github.swscan.report.VerificationReport.Difference;
import io.github.swscan.report.VerificationReport.Kind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What has to be written so that a model has the super weights of its manifest again.
 *
 * @param damaged the super weights that are others, in words; none if there is nothing to restore
 * @param beyond what is another besides, and cannot be restored from the manifest: then nothing should be written
 * @param changes the bits to write, by file
 */
public record Repair(List<Difference> damaged, List<Difference> beyond, Map<Path, List<ByteBits>> changes) {

    /**
     * Plans it. All files are read, to find out whether the model is whole with the super weights that it had.
     *
     * @param checkpoint the model's tensors under the names that they have in the files
     */
    static Repair of(
            Manifest manifest,
            ModelTree tree,
            Checkpoint checkpoint,
            FileComparison files,
            WeightComparison weights,
            Readings readings) {
        List<Difference> damaged = weights.changed(true);
        Map<String, Patch> patches = patches(manifest, checkpoint);
        Map<Path, List<ByteBits>> changes = changes(patches, checkpoint);
        ModelContent content = new ModelContent(tree.files(), checkpoint);
        TensorComparison tensors = new TensorComparison(manifest, content.with(patches));

        Set<String> touched = files.all();
        touched.retainAll(tensors.files());
        List<Difference> beyond = new ArrayList<>(tensors.differences(touched, readings));
        for (String name : files.changed()) {
            if (!Verifier.isOfWeights(name, tensors)) {
                beyond.add(Difference.ofFile(Kind.FILE_CHANGED, name, "file " + name + " has other bytes"));
            } else if (tensors.files().contains(name) && tensors.isLaidOutAsBefore(name) && beyond.isEmpty()) {
                differsElsewhere(manifest, tree, name, changes, readings).ifPresent(beyond::add);
            }
        }
        files.missing().stream()
                .filter(name -> !Verifier.isOfWeights(name, tensors))
                .forEach(
                        name -> beyond.add(Difference.ofFile(Kind.FILE_MISSING, name, "file " + name + " is missing")));
        return new Repair(damaged, beyond, changes);
    }

    /** The bits of super weights that are others, as they were, by tensor. */
    static Map<String, Patch> patches(Manifest manifest, Checkpoint checkpoint) {
        Map<String, List<Manifest.Bytes>> byTensor = new LinkedHashMap<>();
        manifest.superWeights().stream()
                .flatMap(weight -> weight.stored().stream())
                .filter(bytes -> checkpoint
                        .find(bytes.tensor())
                        .filter(tensor -> WeightComparison.isWithin(bytes, tensor))
                        .isPresent())
                .filter(bytes -> !WeightComparison.isUnchanged(checkpoint, bytes))
                .forEach(bytes -> byTensor.computeIfAbsent(bytes.tensor(), name -> new ArrayList<>())
                        .add(bytes));
        Map<String, Patch> patches = new LinkedHashMap<>();
        byTensor.forEach((tensor, bytes) -> patches.put(tensor, new Patch(List.copyOf(bytes))));
        return patches;
    }

    /** Where the bits of tensors lie in files. */
    private static Map<Path, List<ByteBits>> changes(Map<String, Patch> patches, Checkpoint checkpoint) {
        Map<Path, List<ByteBits>> changes = new HashMap<>();
        patches.forEach((name, patch) -> {
            TensorInfo tensor = checkpoint.find(name).orElseThrow();
            for (Manifest.Bytes run : patch.bytes()) {
                byte[] value = HexFormat.of().parseHex(run.bytes());
                byte[] mask = HexFormat.of().parseHex(run.mask());
                for (int i = 0; i < value.length; i++) {
                    TensorInfo.Place place = tensor.byteAt(run.offset() + i);
                    changes.computeIfAbsent(place.file(), file -> new ArrayList<>())
                            .add(new ByteBits(place.offset(), Byte.toUnsignedInt(mask[i]), Byte.toUnsignedInt((byte)
                                    (value[i] & mask[i]))));
                }
            }
        });
        return changes;
    }

    /** Whether a file with the same tensors at the same places has other bytes than it had, once it is restored. */
    private static Optional<Difference> differsElsewhere(
            Manifest manifest, ModelTree tree, String name, Map<Path, List<ByteBits>> changes, Readings readings) {
        Optional<Path> path = tree.entry(name).map(FileTree.Entry::path);
        Optional<Manifest.File> before = manifest.files().stream()
                .filter(file -> file.name().equals(name))
                .findFirst();
        if (path.isEmpty() || before.isEmpty()) {
            return Optional.empty();
        }
        HexFormat hex = HexFormat.of();
        Patch patch = new Patch(changes.getOrDefault(path.get(), List.of()).stream()
                .map(bits -> new Manifest.Bytes(
                        "", bits.index(), hex.toHexDigits((byte) bits.value()), hex.toHexDigits((byte) bits.mask())))
                .toList());
        LocalSource file = LocalSource.of(path.get());
        try {
            String digest = readings.reading(file.size(), read -> FileDigest.sha256(file, patch::put, read));
            return digest.equals(before.get().sha256())
                    ? Optional.empty()
                    : Optional.of(Difference.ofFile(
                            Kind.FILE_CHANGED, name, "file " + name + " has other bytes outside of its tensors"));
        } finally {
            file.close();
        }
    }
}
