package io.github.swscan.weight;

import io.github.swscan.checkpoint.StoredCodes;
import io.github.swscan.checkpoint.tensor.BitField;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.report.Location;
import java.util.List;

/** What reports tell of where a weight lies. */
public final class ReportedLocation {

    private ReportedLocation() {}

    /** Of an element of a tensor, in row-major order. */
    public static Location of(TensorInfo tensor, long element) {
        TensorInfo.Place place = tensor.place(element);
        List<BitField> bits = StoredCodes.of(tensor)
                .map(codes -> codes.code(element).bitsFromPlace())
                .orElse(List.of());
        return new Location(
                place.file().getFileName().toString(),
                place.offset(),
                tensor.storedType(),
                bits.stream().findFirst().map(BitField::first),
                bits.stream().findFirst().map(BitField::count),
                bits.stream()
                        .skip(1)
                        .map(further -> new Location.Bits(further.first(), further.count()))
                        .toList());
    }
}
