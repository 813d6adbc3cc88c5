package io.github.swscan.integrity;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.ChangedInputException;
import io.github.swscan.input.InputException;
import io.github.swscan.input.UnsupportedInputException;
import io.github.swscan.integrity.signing.VerificationKey;
import io.github.swscan.report.Manifest;
import io.github.swscan.report.VerificationReport.Change;
import io.github.swscan.report.VerificationReport.Difference;
import io.github.swscan.report.VerificationReport.Kind;
import io.github.swscan.report.VerificationReport.Signature;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Holds a model against a manifest or a signed statement. For one use.
 *
 * <p>Whole files are digested first. Only where some are others than they were, the tensors in these are: the same tensors
 * in other files are the same model, unless whoever asks named a key, for then the very files were signed.
 */
public final class Verifier {

    static final String INDEX = ".index.json";
    private static final String GGUF = ".gguf";

    private final Path model;
    private final ModelTree tree;
    private final Reference reference;
    private final Opener opener;
    private final Readings readings;
    private final List<String> notes = new ArrayList<>();
    private final List<Difference> found = new ArrayList<>();

    /** What the model is needed for. */
    public interface Opener {

        /** Its tensors under the names that they have in the files; to be closed. */
        Checkpoint open(CheckpointLocation location);

        /** The value of a weight that is stored as a code, where that can be told. */
        Optional<Float> value(Manifest.Weight weight);
    }

    /** @param model as the user named it */
    public Verifier(Path model, Reference reference, Opener opener, Readings readings) {
        this.model = model;
        this.opener = opener;
        this.readings = readings;
        this.tree = ModelTree.of(model, List.of(reference.file())).without(reference.ignored());
        this.reference = tree.isSingleFile() ? reference.called(tree.name()) : reference;
    }

    /**
     * What came out.
     *
     * @param full whether all bytes were read
     * @param elsewhere whether the same weights lie in other files
     * @param comparedWeights how many super weights were looked at one by one
     */
    public record Result(
            Signature signature,
            boolean full,
            boolean elsewhere,
            List<Difference> differences,
            int comparedWeights,
            List<String> notes) {}

    /**
     * Does it.
     *
     * @param full to read all bytes; else headers, sizes and the bytes of super weights
     * @param original the checkpoint that the manifest was made of, to tell which elements are others
     * @throws InputException if there is no such model, or it changes meanwhile
     */
    public Result verify(boolean full, Optional<VerificationKey> key, Optional<Path> original) {
        Signature signature = signature(key);
        boolean all = full || reference.manifest().isEmpty();
        if (all && !full) {
            notes.add("The signature is of another program and tells nothing but digests, so all files were read.");
        }
        FileComparison files =
                all ? FileComparison.byDigest(reference, tree, readings) : FileComparison.bySize(reference, tree);
        Contents contents = new Contents(0, false);
        if (reference.manifest().isEmpty() || (all && files.isEmpty())) {
            tell(files, name -> true);
        } else if (original.isPresent()) {
            try (Checkpoint before = opener.open(CheckpointLocation.find(original.get()))) {
                contents = before.whileUnchanged(() -> contents(files, key.isPresent(), all, Optional.of(before)));
            }
        } else {
            contents = contents(files, key.isPresent(), all, Optional.empty());
        }
        found.sort(Comparator.comparing(Difference::kind));
        return new Result(
                signature, all, contents.elsewhere(), List.copyOf(found), contents.compared(), List.copyOf(notes));
    }

    /** What {@link #repair} gave. */
    public record Planned(Signature signature, Optional<Repair> repair, List<Difference> differences) {}

    /**
     * Plans how the super weights of the manifest come back.
     *
     * @return without a repair if the signature is not of the key
     * @throws InputException if the model cannot be read
     * @throws UnsupportedInputException if there are no super weights in the manifest
     */
    public Planned repair(Optional<VerificationKey> key) {
        Signature signature = signature(key);
        if (!found.isEmpty()) {
            return new Planned(signature, Optional.empty(), List.copyOf(found));
        }
        Manifest manifest = reference
                .manifest()
                .filter(known -> known.superWeights().stream()
                        .anyMatch(weight -> !weight.stored().isEmpty()))
                .orElseThrow(() -> new UnsupportedInputException(
                        reference.file(),
                        "superWeights",
                        "has no super weights, so that none can be restored",
                        "name a manifest that 'swscan fingerprint' made with them"));
        FileComparison files = FileComparison.byDigest(reference, tree, readings);
        try (Checkpoint checkpoint = opener.open(CheckpointLocation.find(model))) {
            WeightComparison weights = new WeightComparison(manifest, checkpoint, opener::value);
            Repair repair =
                    checkpoint.whileUnchanged(() -> Repair.of(manifest, tree, checkpoint, files, weights, readings));
            return new Planned(signature, Optional.of(repair), List.of());
        }
    }

    private Signature signature(Optional<VerificationKey> key) {
        if (reference.bundle().isEmpty()) {
            key.ifPresent(named -> found.add(signature("the manifest is not signed, so that the key tells nothing")));
            return Signature.NONE;
        }
        if (key.isEmpty()) {
            notes.add("The manifest is signed; by whom was not checked (--key PUBLIC.pem does).");
            return Signature.NOT_CHECKED;
        }
        return switch (key.get().check(reference.bundle().get())) {
            case VALID -> Signature.VALID;
            case OTHER_KEY -> {
                found.add(signature("the signature is by another key than the one that was named"));
                yield Signature.OTHER_KEY;
            }
            case WRONG -> {
                found.add(signature("the signature is wrong: what was signed is not what the manifest says"));
                yield Signature.WRONG;
            }
        };
    }

    private static Difference signature(String description) {
        return new Difference(
                Kind.SIGNATURE, description, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
    }

    private void tell(FileComparison files, Predicate<String> told) {
        files.missing().stream()
                .filter(told)
                .forEach(name -> found.add(Difference.ofFile(Kind.FILE_MISSING, name, "file " + name + " is missing")));
        files.added().stream()
                .filter(told)
                .forEach(name -> found.add(Difference.ofFile(Kind.FILE_ADDED, name, "file " + name + " was added")));
        files.changed().stream()
                .filter(told)
                .forEach(name ->
                        found.add(Difference.ofFile(Kind.FILE_CHANGED, name, "file " + name + " has other bytes")));
    }

    private record Contents(int compared, boolean elsewhere) {}

    /** A file that cannot be read any more is damaged, as others are that can. */
    private Contents contents(FileComparison files, boolean exact, boolean all, Optional<Checkpoint> original) {
        try (Checkpoint checkpoint = opener.open(CheckpointLocation.find(model))) {
            return checkpoint.whileUnchanged(() -> contents(checkpoint, files, exact, all, original));
        } catch (ChangedInputException changed) {
            throw changed;
        } catch (InputException unreadable) {
            found.add(Difference.ofFile(
                    Kind.FILE_UNREADABLE,
                    unreadable.file().getFileName().toString(),
                    "cannot be read any more: " + unreadable.getMessage()));
            tell(files, name -> true);
            return new Contents(0, false);
        }
    }

    private Contents contents(
            Checkpoint checkpoint, FileComparison files, boolean exact, boolean all, Optional<Checkpoint> original) {
        Manifest manifest = reference.manifest().orElseThrow();
        ModelContent content = new ModelContent(tree.files(), checkpoint);
        TensorComparison tensors = new TensorComparison(manifest, content);
        Set<String> touched = touched(files, tensors, all);
        if (!touched.isEmpty() && !all) {
            notes.add("Some files of weights are others than they were, so the tensors in them were read.");
        }
        List<Difference> changed =
                withoutThoseOfSuperWeights(tensors.differences(touched, readings), manifest, content);
        WeightComparison weights = new WeightComparison(manifest, checkpoint, opener::value);
        List<Difference> changedWeights = weights.changed(all || !touched.isEmpty());
        found.addAll(changedWeights);
        found.addAll(
                original.map(before -> located(changed, checkpoint, before)).orElseGet(() -> hinted(changed)));
        boolean sameWeights = changed.isEmpty() && changedWeights.isEmpty();
        tell(
                files,
                name -> exact
                        || !isOfWeights(name, tensors)
                        || (!sameWeights && !files.changed().contains(name))
                        || (sameWeights && isTamperedOutsideOfTensors(name, files, tensors)));
        boolean elsewhere = sameWeights && found.isEmpty() && !(files.isEmpty() && touched.isEmpty());
        return new Contents(weights.count(), elsewhere);
    }

    /** Whether a file has tensors, or tells which files have. */
    static boolean isOfWeights(String name, TensorComparison tensors) {
        return name.endsWith(INDEX) || tensors.files().contains(name);
    }

    /** Of a tensor that is as it was but for its super weights, these tell all. */
    private static List<Difference> withoutThoseOfSuperWeights(
            List<Difference> differences, Manifest manifest, ModelContent content) {
        if (differences.isEmpty()) {
            return differences;
        }
        TensorComparison restored =
                new TensorComparison(manifest, content.with(Repair.patches(manifest, content.checkpoint())));
        return differences.stream()
                .filter(difference -> difference.kind() != Kind.TENSOR_CHANGED
                        || !restored.isAsBefore(difference.tensor().orElseThrow()))
                .toList();
    }

    /** The files whose tensors are to be read. */
    private static Set<String> touched(FileComparison files, TensorComparison tensors, boolean all) {
        Set<String> touched = files.all();
        touched.retainAll(tensors.files());
        if (!all) {
            tensors.files().stream()
                    .filter(name -> !tensors.isLaidOutAsBefore(name))
                    .forEach(touched::add);
        }
        return touched;
    }

    /**
     * Of a file with the same tensors at the same places what else is in it was changed. A GGUF file says in it what the model
     * is.
     */
    private boolean isTamperedOutsideOfTensors(String name, FileComparison files, TensorComparison tensors) {
        return files.changed().contains(name)
                && (name.endsWith(GGUF)
                        || (hasItsSize(name) && !name.endsWith(INDEX) && tensors.isLaidOutAsBefore(name)));
    }

    private boolean hasItsSize(String name) {
        return reference.manifest().stream()
                .flatMap(manifest -> manifest.files().stream())
                .filter(file -> file.name().equals(name))
                .anyMatch(file -> tree.entry(name)
                        .filter(entry -> tree.size(entry) == file.bytes())
                        .isPresent());
    }

    private List<Difference> hinted(List<Difference> changed) {
        if (changed.stream().anyMatch(difference -> difference.kind() == Kind.TENSOR_CHANGED)) {
            notes.add("Which elements changed, and by how much, is told with --against ORIGINAL.");
        }
        return changed;
    }

    /** The same with the elements that are others than in the checkpoint that the manifest was made of. */
    private List<Difference> located(List<Difference> changed, Checkpoint checkpoint, Checkpoint original) {
        return changed.stream()
                .map(difference -> difference.kind() == Kind.TENSOR_CHANGED
                        ? located(difference, original, checkpoint)
                        : difference)
                .toList();
    }

    private Difference located(Difference difference, Checkpoint before, Checkpoint now) {
        String name = difference.tensor().orElseThrow();
        Optional<TensorInfo> old = before.find(name);
        Optional<TensorInfo> present = now.find(name);
        if (old.isEmpty() || present.isEmpty() || !ElementComparison.areAlike(old.get(), present.get())) {
            notes.add("--against has no tensor %s of that type and shape.".formatted(name));
            return difference;
        }
        return readings.reading(
                        present.get().bytes(),
                        read -> ElementComparison.of(before, old.get(), now, present.get(), read))
                .map(change -> difference.with(change, described(name, change)))
                .orElseGet(() -> {
                    notes.add("Tensor %s is the same in the checkpoint that --against names: that is not the original."
                            .formatted(name));
                    return difference;
                });
    }

    private static String described(String name, Change change) {
        String which = change.elements() == 1
                ? "element %s of tensor %s changed".formatted(change.first(), name)
                : "%d of %d elements of tensor %s changed, the first at %s"
                        .formatted(change.elements(), change.of(), name, change.first());
        String values = change.before()
                .flatMap(old -> change.after().map(present -> " (%s to %s)".formatted(old, present)))
                .orElse("");
        String largest = change.elements() == 1
                ? ""
                : change.largest().map(", by %s at most"::formatted).orElse("");
        return which + values + largest;
    }
}
