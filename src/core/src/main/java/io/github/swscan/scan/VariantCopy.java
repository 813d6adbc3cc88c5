package io.github.swscan.scan;

import io.github.swscan.ablate.Variant;
import io.github.swscan.ablate.WrittenVariant;
import io.github.swscan.checkpoint.copy.CheckpointCopy;
import io.github.swscan.input.WrongRequestException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The copy of the checkpoint with the changes of one variant. */
final class VariantCopy {

    private final CheckpointCopy copy;
    private final Path folder;
    private final WrittenVariant written;

    private VariantCopy(CheckpointCopy copy, Path folder, WrittenVariant written) {
        this.copy = copy;
        this.folder = folder;
        this.written = written;
    }

    /**
     * Finds out whether a copy can be written, as far as that is known before there are variants.
     *
     * @return how many bytes it takes
     */
    static long check(OpenModel model, Path folder) {
        CheckpointCopy copy = new CheckpointCopy(model.location(), model.checkpoint());
        copy.check(folder);
        return copy.bytes();
    }

    /**
     * Chooses the variant, and finds out whether a copy with it can be written.
     *
     * @param name the variant's name; empty for the one in which all weights are removed
     * @throws WrongRequestException if there is no such variant, or no file can hold it
     */
    static VariantCopy of(OpenModel model, Path folder, String name, List<Variant> variants) {
        Variant variant = chosen(name, variants);
        if (!variant.putBack().isEmpty()) {
            String what = variant.kind() == Variant.Kind.MEAN ? "a mean" : "an activation";
            throw new WrongRequestException(
                    "--variant " + variant.name() + " puts " + what + " back, which no file can hold");
        }
        CheckpointCopy copy = new CheckpointCopy(model.location(), model.checkpoint());
        copy.check(folder);
        return new VariantCopy(
                copy, folder, WrittenVariant.of(variant, copy.written(variant.stored()), model.checkpoint()));
    }

    private static Variant chosen(String name, List<Variant> variants) {
        Stream<String> names = name.isEmpty() ? Stream.of("remove-all", "remove-1") : Stream.of(name);
        return names.map(wanted -> named(wanted, variants))
                .flatMap(Optional::stream)
                .findFirst()
                .orElseThrow(() -> new WrongRequestException((name.isEmpty()
                                ? "--save-edited: --only leaves out the removal of all weights; name a --variant of "
                                : "--variant: there is no variant " + name + " among ")
                        + variants.stream().map(Variant::name).collect(Collectors.joining(", "))));
    }

    private static Optional<Variant> named(String name, List<Variant> variants) {
        return variants.stream().filter(variant -> variant.name().equals(name)).findFirst();
    }

    /** What is written, and what it is written for. */
    WrittenVariant written() {
        return written;
    }

    /** @param bytesWritten is told of every part that is written, in bytes */
    void write(LongConsumer bytesWritten) {
        copy.write(folder, written.written(), bytesWritten);
    }
}
