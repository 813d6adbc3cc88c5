package io.github.swscan.cli.screen;

import java.util.function.LongConsumer;

/** Is told of every part of a checkpoint that has been read, in bytes, and closed when no more is to come. */
public interface Progress extends LongConsumer, AutoCloseable {

    @Override
    void close();

    /** One that needs no closing. */
    static Progress to(LongConsumer bytesRead) {
        return new Progress() {
            @Override
            public void accept(long bytes) {
                bytesRead.accept(bytes);
            }

            @Override
            public void close() {}
        };
    }

    /** Where the progress of a scan is shown. */
    interface Display {

        /**
         * Begins to show a part of the work.
         *
         * @param bytes how many it takes at most
         * @param readings how often the checkpoint is read for that
         */
        Progress of(long bytes, int readings);

        /** Nothing more is to be done, however that came about. */
        default void ended() {}
    }
}
