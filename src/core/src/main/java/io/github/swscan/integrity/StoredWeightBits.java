package io.github.swscan.integrity;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.Checkpoint.FileBits;
import io.github.swscan.checkpoint.tensor.ByteBits;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.report.Manifest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/** Where single weights are stored, in the terms of a manifest: bytes of tensors, whatever file these lie in. */
public final class StoredWeightBits {

    private static final HexFormat HEX = HexFormat.of();

    /** By file, by where they begin. */
    private final Map<Path, NavigableMap<Long, List<TensorInfo>>> tensors;

    /** @param checkpoint the tensors under the names that they have in the files */
    public StoredWeightBits(Checkpoint checkpoint) {
        this.tensors = new HashMap<>();
        for (TensorInfo tensor : checkpoint.tensors().values()) {
            for (TensorInfo piece :
                    tensor.pieces().map(TensorInfo.Pieces::tensors).orElse(List.of(tensor))) {
                tensors.computeIfAbsent(piece.file(), file -> new TreeMap<>())
                        .computeIfAbsent(piece.offset(), offset -> new ArrayList<>(1))
                        .add(tensor);
            }
        }
    }

    /** @param index of the byte in the tensor */
    private record InTensor(TensorInfo tensor, long index) {}

    /**
     * Bits of files as bytes of tensors.
     *
     * @return empty if one of them is in no tensor
     */
    public Optional<List<Manifest.Bytes>> of(List<FileBits> bits) {
        List<Run> runs = new ArrayList<>();
        for (FileBits one : bits) {
            Optional<InTensor> place = place(one);
            if (place.isEmpty()) {
                return Optional.empty();
            }
            Run last = runs.isEmpty() ? null : runs.get(runs.size() - 1);
            if (last == null || !last.takes(place.get())) {
                last = new Run(place.get());
                runs.add(last);
            }
            last.add(one.bits());
        }
        return Optional.of(runs.stream().map(Run::told).toList());
    }

    private Optional<InTensor> place(FileBits bits) {
        TensorInfo.Place place = new TensorInfo.Place(bits.file(), bits.bits().index());
        Map.Entry<Long, List<TensorInfo>> before =
                tensors.getOrDefault(bits.file(), new TreeMap<>()).floorEntry(place.offset());
        while (before != null) {
            for (TensorInfo tensor : before.getValue()) {
                OptionalLong index = tensor.indexOf(place);
                if (index.isPresent()) {
                    return Optional.of(new InTensor(tensor, index.getAsLong()));
                }
            }
            before = tensors.get(bits.file()).lowerEntry(before.getKey());
        }
        return Optional.empty();
    }

    /** Bytes next to each other. */
    private static final class Run {
        private final InTensor first;
        private final List<ByteBits> bits = new ArrayList<>();

        Run(InTensor first) {
            this.first = first;
        }

        boolean takes(InTensor next) {
            return next.tensor().equals(first.tensor()) && next.index() == first.index() + bits.size();
        }

        void add(ByteBits next) {
            bits.add(next);
        }

        Manifest.Bytes told() {
            byte[] bytes = new byte[bits.size()];
            byte[] mask = new byte[bits.size()];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) bits.get(i).value();
                mask[i] = (byte) bits.get(i).mask();
            }
            return new Manifest.Bytes(first.tensor().name(), first.index(), HEX.formatHex(bytes), HEX.formatHex(mask));
        }
    }
}
