package io.github.swscan.scan;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.checkpoint.copy.CheckpointCopy;
import io.github.swscan.checkpoint.tensor.ByteBits;
import io.github.swscan.integrity.Reference;
import io.github.swscan.integrity.Repair;
import io.github.swscan.integrity.Verifier;
import io.github.swscan.integrity.signing.VerificationKey;
import io.github.swscan.output.InPlaceEdit;
import io.github.swscan.report.VerificationReport;
import io.github.swscan.report.VerificationReport.Difference;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Gives models their super weights back: from a request to what became of it. */
public final class RestorationScan {

    private RestorationScan() {}

    /**
     * A restoration that is asked for.
     *
     * @param model the path of a folder, a weights file or the index of its shards
     * @param manifest the file of a manifest, or of a signed one
     * @param key as in {@link VerificationRequest}
     * @param folder where a copy is written; empty to change the model where it is
     */
    public record Request(String model, Path manifest, Optional<Path> key, Optional<Path> folder) {}

    /** What became of it. */
    public sealed interface Outcome {

        /** The super weights are as they were. */
        record NothingToDo() implements Outcome {}

        /**
         * More is another than the manifest can bring back, or the signature is not of the key: nothing was written.
         *
         * @param beyond what that is
         */
        record Refused(List<Difference> damaged, List<Difference> beyond) implements Outcome {}

        /**
         * They are back.
         *
         * @param damaged those that were not as they were
         * @param after how the restored model differs from the manifest
         */
        record Restored(List<Difference> damaged, VerificationReport after) implements Outcome {}
    }

    /**
     * Restores a model.
     *
     * @throws io.github.swscan.input.InputException if the model or the manifest cannot be used
     * @throws io.github.swscan.output.OutputFailure if it cannot be written
     */
    public static Outcome run(Request request, ScanListener listener) {
        try {
            VerificationRequest verification =
                    new VerificationRequest(request.model(), request.manifest(), true, request.key(), Optional.empty());
            Optional<VerificationKey> key = request.key().map(VerificationKey::read);
            Verifier verifier = new Verifier(
                    Path.of(request.model()),
                    Reference.read(request.manifest()),
                    VerificationScan.opener(verification),
                    VerificationScan.readings(listener));
            Verifier.Planned planned = verifier.repair(key);
            if (planned.repair().isEmpty()) {
                return new Outcome.Refused(List.of(), planned.differences());
            }
            Repair repair = planned.repair().get();
            if (!repair.beyond().isEmpty()) {
                return new Outcome.Refused(repair.damaged(), repair.beyond());
            }
            if (repair.changes().isEmpty()) {
                if (request.folder().isEmpty()) {
                    finishJournal(request);
                }
                return new Outcome.NothingToDo();
            }
            write(request, repair, listener);
            VerificationRequest after = new VerificationRequest(
                    request.folder().map(Path::toString).orElse(request.model()),
                    request.manifest(),
                    true,
                    request.key(),
                    Optional.empty());
            return new Outcome.Restored(repair.damaged(), VerificationScan.run(after, listener));
        } finally {
            listener.ended();
        }
    }

    /** An edit that was interrupted after its last byte is done, but for its journal. */
    private static void finishJournal(Request request) {
        CheckpointLocation location = CheckpointLocation.find(Path.of(request.model()));
        if (InPlaceEdit.isUnfinishedIn(UnfinishedRestoration.folder(location))) {
            InPlaceEdit.in(UnfinishedRestoration.folder(location)).apply(Map.of());
        }
    }

    private static void write(Request request, Repair repair, ScanListener listener) {
        CheckpointLocation location = CheckpointLocation.find(Path.of(request.model()));
        if (request.folder().isEmpty()) {
            InPlaceEdit.in(UnfinishedRestoration.folder(location)).apply(bits(repair.changes()));
            return;
        }
        try (Checkpoint checkpoint = OpenModel.stored(location)) {
            CheckpointCopy copy = new CheckpointCopy(location, checkpoint);
            VerificationScan.readings(listener).reading(copy.bytes(), read -> {
                copy.writeBytes(request.folder().get(), repair.changes(), read);
                return true;
            });
        }
    }

    private static Map<Path, List<InPlaceEdit.Bits>> bits(Map<Path, List<ByteBits>> changes) {
        Map<Path, List<InPlaceEdit.Bits>> bits = new LinkedHashMap<>();
        changes.forEach((file, all) -> bits.put(
                file,
                all.stream()
                        .map(one -> new InPlaceEdit.Bits(one.index(), one.mask(), one.value()))
                        .toList()));
        return bits;
    }
}
