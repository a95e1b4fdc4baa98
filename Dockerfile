# Built from the lock file; runs what tsc built, as an ordinary user.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
ENV NODE_ENV=production POSTRIDER_HOME=/var/lib/postrider
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/db/migrations ./db/migrations
RUN mkdir -p /var/lib/postrider && chown node:node /var/lib/postrider
USER node
VOLUME /var/lib/postrider
ENTRYPOINT ["node", "dist/src/cli/main.js"]
CMD ["serve"]
