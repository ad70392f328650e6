# A smoke run, a fleet or the stub authority in a container:
#   docker build -t rollcall .
#   docker run --rm rollcall                                    the smoke run
#   docker run --rm -p 8443:8443 rollcall server --host 0.0.0.0
FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc setup.mjs tsconfig.json tsconfig.build.json ./
RUN node setup.mjs
COPY cli.ts main.ts index.ts ./
COPY base base
COPY protocol protocol
COPY agent agent
COPY server-stub server-stub
COPY fleet fleet
COPY bench bench
RUN node setup.mjs build --force && npm prune --omit=dev

FROM node:20-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY scenarios scenarios
# Keys, certificates and reports are written below the working directory, by a user who is not root.
RUN mkdir /work && chown node:node /work && ln -s /app/dist/cli.js /usr/local/bin/rollcall && chmod +x dist/cli.js
USER node
WORKDIR /work
ENTRYPOINT ["rollcall"]
CMD ["smoke"]
