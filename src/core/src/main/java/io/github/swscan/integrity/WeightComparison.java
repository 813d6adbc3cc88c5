package io.github.swscan.integrity;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.report.DetectionReport.Effect;
import io.github.swscan.report.Manifest;
import io.github.swscan.report.VerificationReport.Difference;
import io.github.swscan.report.VerificationReport.Kind;
import io.github.swscan.report.text.EffectUnit;
import io.github.swscan.report.text.Numbers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** What became of the super weights of a manifest, each looked at in the file. */
final class WeightComparison {

    /** What is read at once to look for a value elsewhere. */
    private static final int AT_ONCE = 1 << 20;

    /** What a factor differs from 1 by, at least, to say more than both values do. */
    private static final double TELLING = 0.05;

    private final Manifest manifest;
    private final Checkpoint checkpoint;
    private final Function<Manifest.Weight, Optional<Float>> valueNow;

    /** @param valueNow of a weight that is no plain number, where that can be told */
    WeightComparison(Manifest manifest, Checkpoint checkpoint, Function<Manifest.Weight, Optional<Float>> valueNow) {
        this.manifest = manifest;
        this.checkpoint = checkpoint;
        this.valueNow = valueNow;
    }

    /** How many can be looked at. */
    int count() {
        return (int) manifest.superWeights().stream().filter(this::isThere).count();
    }

    /** Whether all bytes that it is stored in are there still, whatever they are. */
    private boolean isThere(Manifest.Weight weight) {
        return !weight.stored().isEmpty()
                && weight.stored().stream().allMatch(bytes -> checkpoint
                        .find(bytes.tensor())
                        .filter(tensor -> isWithin(bytes, tensor))
                        .isPresent());
    }

    /** Whether a tensor is long enough for some of its bytes. */
    static boolean isWithin(Manifest.Bytes bytes, TensorInfo tensor) {
        return bytes.offset() >= 0 && bytes.offset() <= tensor.bytes() - length(bytes);
    }

    private static int length(Manifest.Bytes bytes) {
        return bytes.bytes().length() / 2;
    }

    /** Whether the bits that count are as they were. */
    static boolean isUnchanged(Checkpoint checkpoint, Manifest.Bytes stored) {
        byte[] before = HexFormat.of().parseHex(stored.bytes());
        byte[] mask = HexFormat.of().parseHex(stored.mask());
        byte[] now = read(checkpoint, checkpoint.find(stored.tensor()).orElseThrow(), stored.offset(), before.length);
        for (int i = 0; i < before.length; i++) {
            if (((before[i] ^ now[i]) & mask[i]) != 0) {
                return false;
            }
        }
        return true;
    }

    private static byte[] read(Checkpoint checkpoint, TensorInfo tensor, long offset, int length) {
        int unit = tensor.dtype().bytes();
        long first = offset / unit * unit;
        long end = (offset + length + unit - 1) / unit * unit;
        ByteBuffer units = ByteBuffer.allocate((int) (end - first));
        checkpoint.read(tensor, first, units);
        byte[] bytes = new byte[length];
        units.get((int) (offset - first), bytes);
        return bytes;
    }

    /** Those that are another. */
    List<Difference> changed(boolean searched) {
        List<Difference> found = new ArrayList<>();
        for (Manifest.Weight weight : manifest.superWeights()) {
            if (isThere(weight) && !weight.stored().stream().allMatch(bytes -> isUnchanged(checkpoint, bytes))) {
                found.add(new Difference(
                        Kind.SUPER_WEIGHT_CHANGED,
                        description(weight, searched),
                        Optional.empty(),
                        Optional.of(weight.stored().get(0).tensor()),
                        Optional.of(weight.name()),
                        Optional.empty()));
            }
        }
        return found;
    }

    private String description(Manifest.Weight weight, boolean searched) {
        Optional<Float> now = plainValue(weight).or(() -> valueNow.apply(weight));
        String change = now.map(value -> change(weight, value))
                .orElse("is stored as other bits; what they stand for cannot be told");
        Optional<String> moved = searched ? movedTo(weight) : Optional.empty();
        return "super weight %s (%s) %s%s"
                .formatted(
                        weight.place(),
                        weight.name(),
                        change,
                        moved.map(place -> "; its value stands at " + place + " now")
                                .orElse(""));
    }

    private static String change(Manifest.Weight weight, float now) {
        float before = weight.value();
        if (now == 0) {
            return "was zeroed (it was %s)%s".formatted(before, does(weight.effect(), "removing it"));
        }
        if (now == -before) {
            return "has its sign turned (%s to %s)%s"
                    .formatted(before, now, does(weight.effectFlipped(), "turning its sign"));
        }
        if (!Float.isFinite(now)) {
            return "is %s (it was %s): the model computes nothing else any more".formatted(now, before);
        }
        double factor = now / (double) before;
        return factor > 0 && before != 0 && Math.abs(factor - 1) >= TELLING
                ? "was scaled by %s (%s to %s)".formatted(Numbers.rounded(factor), before, now)
                : "is %s (it was %s)".formatted(now, before);
    }

    private static String does(Optional<Effect> effect, String edit) {
        return effect.map(known -> {
                    EffectUnit unit = unit(known);
                    return ": %s %s".formatted(edit, unit.sentence(unit.size(known)));
                })
                .orElse("");
    }

    /** The one that people know, where it was measured. */
    private static EffectUnit unit(Effect effect) {
        for (EffectUnit unit : List.of(EffectUnit.PERPLEXITY, EffectUnit.DIVERGENCE, EffectUnit.EMBEDDING)) {
            if (unit.isIn(effect)) {
                return unit;
            }
        }
        return EffectUnit.HIDDEN_STATE;
    }

    /** What stands there now, if it is a plain number, as it was. */
    private Optional<Float> plainValue(Manifest.Weight weight) {
        return plain(weight)
                .map(tensor -> value(
                        tensor,
                        read(checkpoint, tensor, offset(weight), tensor.dtype().bytes())));
    }

    private static long offset(Manifest.Weight weight) {
        return weight.stored().get(0).offset();
    }

    private static float value(TensorInfo tensor, byte[] bytes) {
        return tensor.dtype().floatAt(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN), 0);
    }

    private Optional<TensorInfo> plain(Manifest.Weight weight) {
        if (weight.stored().size() != 1) {
            return Optional.empty();
        }
        return checkpoint
                .find(weight.stored().get(0).tensor())
                .filter(tensor -> isPlain(tensor.dtype())
                        && weight.dtype().equals(tensor.dtype().name())
                        && length(weight.stored().get(0)) == tensor.dtype().bytes());
    }

    private static boolean isPlain(DType dtype) {
        return dtype.isComputable() && !dtype.isInBlocks() && !dtype.isFloat8();
    }

    /** Where its value stands now, if that is one place, and not one where a large number was before. */
    private Optional<String> movedTo(Manifest.Weight weight) {
        return plain(weight).flatMap(tensor -> {
            byte[] wanted = HexFormat.of().parseHex(weight.stored().get(0).bytes());
            List<Long> found = new ArrayList<>();
            int unit = wanted.length;
            ByteBuffer part = ByteBuffer.allocate(AT_ONCE);
            for (long done = 0; done < tensor.bytes() && found.size() < 2; done += part.limit()) {
                part.clear().limit((int) Math.min(AT_ONCE, tensor.bytes() - done));
                checkpoint.read(tensor, done, part);
                for (int at = 0; at < part.limit() && found.size() < 2; at += unit) {
                    if (Arrays.equals(part.array(), at, at + unit, wanted, 0, unit)) {
                        found.add((done + at) / unit);
                    }
                }
            }
            return found.size() == 1 && !wasLarge(tensor, found.get(0))
                    ? Optional.of(tensor.index(found.get(0)).toString())
                    : Optional.empty();
        });
    }

    private boolean wasLarge(TensorInfo tensor, long element) {
        return manifest.tensors().stream()
                .filter(before -> before.name().equals(tensor.name()))
                .flatMap(before -> before.statistics().stream())
                .flatMap(statistics -> statistics.largest().stream())
                .anyMatch(extreme -> extreme.index().equals(tensor.index(element)));
    }
}
